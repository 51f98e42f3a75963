"""The trend of the estimated F1 is kept in the store."""

from reranking.labels.store import open_store
from reranking.labels.trend import Trend


def test_estimates_outlive_the_session_and_those_beside_it_are_seen(tmp_path):
    path = tmp_path / "labels.db"
    with open_store(path, create=True) as store, open_store(path) as beside:
        trend, other = Trend(store), Trend(beside)
        trend.add(10, 0.5)
        other.add(30, 0.75)
        assert trend.up_to(100) == ((10, 0.5),)
        trend.read()
        assert trend.up_to(100) == ((10, 0.5), (30, 0.75))
    with open_store(path) as store:
        assert Trend(store).up_to(100) == ((10, 0.5), (30, 0.75))


def test_of_as_many_labels_the_newest_estimate_counts_and_none_of_more_than_there_are(tmp_path):
    with open_store(tmp_path / "labels.db", create=True) as store:
        trend = Trend(store)
        for labels, f1 in ((10, 0.5), (20, 0.6), (10, 0.4)):
            trend.add(labels, f1)
        assert trend.up_to(15) == ((10, 0.4),)
        assert trend.up_to(20) == ((10, 0.4), (20, 0.6))
