"""Ranks that wait for long work of one rank sleep."""

import pytest

from thermosim.fem import parallel


class Other:
    """A rank that is not the root, whose root is there after three looks."""

    rank, looks = 1, 0

    def Ibarrier(self):
        return self

    def Test(self):
        self.looks += 1
        return self.looks > 3

    def bcast(self, outcome, root):
        return self.outcome


@pytest.mark.parametrize("long", [True, False])
def test_sleeps_while_the_root_works(monkeypatch, long):
    naps = []
    monkeypatch.setattr(parallel.time, "sleep", naps.append)
    comm = Other()
    comm.outcome = True, "mesh"
    assert parallel.on_root(comm, lambda: "not here", long=long) == "mesh"
    assert len(naps) == (3 if long else 0)


def test_an_error_of_the_root_comes_after_the_sleep(monkeypatch):
    monkeypatch.setattr(parallel.time, "sleep", lambda seconds: None)
    comm = Other()
    comm.outcome = False, ValueError("no mesh")
    with pytest.raises(ValueError, match="no mesh"):
        parallel.on_root(comm, lambda: "not here", long=True)
    assert comm.looks == 4


def test_the_root_that_fails_is_waited_for():
    class Root(Other):
        rank = 0

        def bcast(self, outcome, root):
            assert self.looks == 4
            return outcome

    def fail():
        raise ValueError("no mesh")

    with pytest.raises(ValueError, match="no mesh"):
        parallel.on_root(Root(), fail, long=True)
