-- What people were reminded of, so that they are told once and not each minute.

-- That the list of people cannot be read; again only after it could be.
ALTER TABLE roster ADD COLUMN told_at timestamptz;

-- That broken glass waits for its review.
ALTER TABLE break_glass ADD COLUMN reminded_at timestamptz;
