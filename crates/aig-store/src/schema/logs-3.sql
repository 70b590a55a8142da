-- What providers count beside the two sums, in the same convention: parts of `tokens_in` and
-- `tokens_out`, other units, and in pico-dollars what the provider says that the answer costs.
ALTER TABLE log ADD COLUMN cache_read_tokens INTEGER;
ALTER TABLE log ADD COLUMN cache_write_tokens INTEGER;
ALTER TABLE log ADD COLUMN cache_write_1h_tokens INTEGER;
ALTER TABLE log ADD COLUMN reasoning_tokens INTEGER;
ALTER TABLE log ADD COLUMN audio_in_tokens INTEGER;
ALTER TABLE log ADD COLUMN audio_out_tokens INTEGER;
ALTER TABLE log ADD COLUMN image_in_tokens INTEGER;
ALTER TABLE log ADD COLUMN image_out_tokens INTEGER;
ALTER TABLE log ADD COLUMN images INTEGER;
ALTER TABLE log ADD COLUMN characters INTEGER;
ALTER TABLE log ADD COLUMN audio_ms INTEGER;
ALTER TABLE log ADD COLUMN compute_ms INTEGER;
ALTER TABLE log ADD COLUMN searches INTEGER;
ALTER TABLE log ADD COLUMN stated_cost INTEGER;
