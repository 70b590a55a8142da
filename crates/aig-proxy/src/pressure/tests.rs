//! When a body is held back, and when a stream that nobody reads is given up.

use std::future::{pending, poll_fn};

use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::sync::oneshot;

use super::*;

const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test]
async fn u_17_a_body_waits_while_the_socket_takes_nothing() {
    let pressure = Arc::new(Pressure::default());
    let mut body = Paced::new(Body::fixed("x"), Version::HTTP_11, &pressure);
    pressure.build();
    let mut frame = poll_once(&mut body);
    assert!(frame.is_pending());
    pressure.release();
    frame = poll_once(&mut body);
    assert!(frame.is_ready());
}

#[tokio::test]
async fn u_17_a_body_waits_when_enough_is_on_its_way() {
    let pressure = Arc::new(Pressure::default());
    let chunk = Bytes::from(vec![0; AHEAD / 2]);
    let chunks =
        std::iter::repeat_with(move || Ok::<_, std::io::Error>(Frame::data(chunk.clone())));
    let chunks = http_body_util::StreamBody::new(futures_util::stream::iter(chunks));
    let mut body = Paced::new(Body::foreign(chunks), Version::HTTP_11, &pressure);
    assert!(poll_once(&mut body).is_ready());
    assert!(poll_once(&mut body).is_ready());
    assert!(poll_once(&mut body).is_pending());
    pressure.release();
    assert!(poll_once(&mut body).is_ready());
}

#[tokio::test]
async fn u_17_whoever_waits_is_woken() {
    let pressure = Arc::new(Pressure::default());
    let mut body = Paced::new(Body::fixed("x"), Version::HTTP_11, &pressure);
    pressure.build();
    let (asked, asking) = oneshot::channel();
    let reading = tokio::spawn(async move {
        assert!(poll_once(&mut body).is_pending());
        asked.send(()).unwrap();
        body.frame().await.unwrap().unwrap().into_data().unwrap()
    });
    asking.await.unwrap();
    pressure.release();
    assert_eq!(reading.await.unwrap(), "x");
}

fn poll_once(body: &mut Paced) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
    let mut cx = Context::from_waker(std::task::Waker::noop());
    Pin::new(body).poll_frame(&mut cx)
}

/// Runs a stream that does this with its body, and says after what time it was given up.
async fn given_up<F>(
    limit: Option<Duration>,
    run: impl FnOnce(Paced) -> F + Send + 'static,
) -> Option<Duration>
where
    F: Future<Output = ()> + Send,
{
    let begun = Instant::now();
    let (held, mut gone) = oneshot::channel::<()>();
    Streams::new(limit, Arc::default()).execute(async move {
        let _held = held;
        let endless = Body::foreign(http_body_util::StreamBody::new(
            futures_util::stream::repeat_with(|| {
                Ok::<_, std::io::Error>(Frame::data(Bytes::from_static(b"x")))
            }),
        ));
        run(Paced::new(endless, Version::HTTP_2, &Arc::default())).await;
    });
    let hours = LIMIT * 60;
    let ended = tokio::time::timeout(hours, poll_fn(|cx| Pin::new(&mut gone).poll(cx))).await;
    ended.ok().map(|_| begun.elapsed())
}

#[tokio::test(start_paused = true)]
async fn u_17_a_stream_that_nobody_reads_is_given_up() {
    let after = given_up(Some(LIMIT), |mut body| async move {
        body.frame().await;
        pending().await
    });
    let after = after.await.unwrap();
    assert!(after >= LIMIT && after < LIMIT * 11 / 10, "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn u_17_a_slow_reader_is_not_given_up() {
    let after = given_up(Some(LIMIT), |mut body| async move {
        for _ in 0..10 {
            body.frame().await;
            tokio::time::sleep(LIMIT * 9 / 10).await;
        }
    });
    let after = after.await.unwrap();
    assert_eq!(after, LIMIT * 9, "it ended by itself");
}

#[tokio::test(start_paused = true)]
async fn u_17_the_clock_does_not_run_while_the_provider_is_silent() {
    let silent = given_up(Some(LIMIT), |_| pending());
    assert_eq!(silent.await, None);
    let unlimited = given_up(None, |mut body| async move {
        body.frame().await;
        pending().await
    });
    assert_eq!(unlimited.await, None);
}
