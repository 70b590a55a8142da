//! Every course that plans of up to four steps can take, each held against what must always be.
//!
//! The rules below are written down from a whole course looking back, not from the state on the
//! way, so that they are no second copy of what they check.

use super::*;

/// What happens to a try. A budget is refused only where one is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Fails { budget: bool },
    IsWrong,
    IsRefused,
    Fits,
}

const EVENTS: [Event; 5] = [
    Event::Fails { budget: true },
    Event::Fails { budget: false },
    Event::IsWrong,
    Event::IsRefused,
    Event::Fits,
];

/// A try, and all that happened until the next.
#[derive(Clone, Copy, Debug)]
struct Tried {
    step: usize,
    attempt: u8,
    timeout: Option<Duration>,
    event: Event,
    /// Whether the budget was asked, and whether there was a pause, after it.
    asked: bool,
    waited: bool,
}

/// Follows every course from here, and returns how many there are.
fn follow(plan: &[u64], attempts: &Attempts, next: Next, course: &mut Vec<Tried>) -> usize {
    let (step, attempt, timeout) = match next {
        Next::Try {
            step,
            attempt,
            timeout,
        } => (step, attempt, timeout),
        Next::GiveUp(why) => {
            judge(plan, course, why);
            for last in [None, Some(&Failure::TimedOut), Some(&Failure::Refused)] {
                let again = attempts.clone().next(last, || panic!("it is over"));
                assert_eq!(again, Next::GiveUp(why), "{course:?}");
            }
            return 1;
        }
        Next::Wait(_) => panic!("a wait after {course:?} that no try came before"),
    };
    let mut courses = 0;
    for event in EVENTS {
        let mut attempts = attempts.clone();
        let (failure, budget) = match event {
            Event::Fails { budget } => (Some(status(503)), budget),
            Event::IsWrong => (Some(status(422)), true),
            Event::IsRefused => (Some(Failure::Refused), true),
            Event::Fits => (None, true),
        };
        let mut asked = 0;
        let mut next = attempts.next(failure.as_ref(), || {
            asked += 1;
            budget
        });
        // A budget that nobody asks is the same course as one that says yes.
        if event == (Event::Fails { budget: false }) && asked == 0 {
            continue;
        }
        let waited = matches!(next, Next::Wait(_));
        if waited {
            next = attempts.next(None, || panic!("asked twice for one retry"));
            assert!(matches!(next, Next::Try { .. }), "{next:?} after a wait");
        }
        course.push(Tried {
            step,
            attempt,
            timeout,
            event,
            asked: asked == 1,
            waited,
        });
        courses += follow(plan, &attempts, next, course);
        course.pop();
    }
    courses
}

/// Holds a course that is over against the rules.
fn judge(plan: &[u64], course: &[Tried], why: GaveUp) {
    let say = || format!("plan {plan:?}, {why:?} after {course:#?}");
    let max = |step: usize| u8::try_from(plan[step]).expect("plans are small");
    let retries = |tried: &[Tried]| tried.iter().filter(|t| t.attempt > 1).count();
    let cap = usize::from(Attempts::MAX_RETRIES);

    assert!(retries(course) <= cap, "{}", say());
    assert!(course.len() <= plan.len() + cap, "{}", say());
    let first = course.first().expect("every plan here has a step");
    assert_eq!((first.step, first.attempt), (0, 1), "{}", say());

    for (n, tried) in course.iter().enumerate() {
        let before = retries(&course[..=n]);
        let may_retry = tried.attempt < max(tried.step) && before < cap;
        let last_step = tried.step + 1 == plan.len();
        let unlimited = tried.attempt > 1 && last_step && !may_retry;
        assert_eq!(tried.timeout.is_none(), unlimited, "try {n} of {}", say());

        let fails = matches!(tried.event, Event::Fails { .. });
        assert_eq!(tried.asked, fails && may_retry, "try {n} of {}", say());
        let retried = tried.asked && tried.event == (Event::Fails { budget: true });
        assert_eq!(tried.waited, retried, "try {n} of {}", say());

        let place = course.get(n + 1).map(|next| (next.step, next.attempt));
        let expected = match tried.event {
            Event::IsRefused | Event::Fits => None,
            _ if retried => Some((tried.step, tried.attempt + 1)),
            _ if last_step => None,
            _ => Some((tried.step + 1, 1)),
        };
        assert_eq!(place, expected, "after try {n} of {}", say());
    }

    let last = course.last().expect("every plan here has a step");
    let expected = match last.event {
        Event::Fits => GaveUp::Answered,
        Event::IsRefused => GaveUp::Refused,
        Event::IsWrong => GaveUp::NotRepeatable,
        Event::Fails { .. } if last.asked => GaveUp::OverBudget,
        Event::Fails { .. } if last.attempt < max(last.step) => GaveUp::TooManyRetries,
        Event::Fails { .. } => GaveUp::Exhausted,
    };
    assert_eq!(why, expected, "{}", say());
}

fn courses_of(plan: &[u64]) -> usize {
    let mut attempts = super::plan(plan);
    let next = attempts.next(None, || panic!("a first try costs no budget"));
    follow(plan, &attempts, next, &mut Vec::new())
}

#[test]
fn every_course_of_every_small_plan_keeps_the_rules() {
    // One try with one attempt: fails, is wrong, is refused, fits.
    assert_eq!(courses_of(&[1]), 4);
    // Two: fails without budget, is wrong, is refused, fits; or the four of the second try.
    assert_eq!(courses_of(&[2]), 8);
    let mut plans: Vec<Vec<u64>> = vec![Vec::new()];
    for _ in 0..3 {
        plans = plans
            .iter()
            .flat_map(|plan| (1..=5).map(|n| [&plan[..], &[n]].concat()))
            .collect();
        for plan in &plans {
            assert!(courses_of(plan) >= 4, "{plan:?}");
        }
    }
    assert_eq!(plans.len(), 125);
}

#[test]
fn every_course_beyond_the_cap_keeps_the_rules() {
    for plan in [[5, 5, 1, 2], [4, 4, 3, 2], [2, 5, 5, 2]] {
        assert!(courses_of(&plan) > 1000, "{plan:?}");
    }
}
