-- Downloads of the last 90 days. Made after the data is in, so it starts populated and can be refreshed concurrently.

CREATE MATERIALIZED VIEW recent_crate_downloads (crate_id, downloads) AS
SELECT versions.crate_id, sum(version_downloads.downloads)
FROM version_downloads
JOIN versions ON versions.id = version_downloads.version_id
WHERE version_downloads.date > date(CURRENT_TIMESTAMP - INTERVAL '90 days')
GROUP BY versions.crate_id;

CREATE INDEX index_recent_crate_downloads_by_downloads ON recent_crate_downloads (downloads);
CREATE UNIQUE INDEX recent_crate_downloads_crate_id ON recent_crate_downloads (crate_id);
