"""Phases of a training: what learnt, in how many trials, and what that was worth."""

from peu.networks.history import Phase
from peu.reports.training_curves import phases_table
from table_texts import texts


def test_a_row_a_phase_with_means_over_the_trials_that_had_it() -> None:
    head = [Phase(name="head", trainable_parameters=4100, accuracy=a, log_loss=0.1) for a in (1, 0)]
    tail = Phase(name="head and last", trainable_parameters=5000, accuracy=0.75, log_loss=0.25)
    table = phases_table("finetune", [(head[0], tail), (head[1],)])
    assert table.rows == (
        ("head", 4100, "2 of 2", 0.5, 0.1),
        ("head and last", 5000, "1 of 2", 0.75, 0.25),
    )
    assert table.caption.startswith("finetune, phase by phase: means on the test images of 2")


def test_without_val_images_there_are_no_figures() -> None:
    table = phases_table("finetune", [(Phase(name="head", trainable_parameters=9),)])
    assert texts(table) == [("head", "9", "1 of 1", "\u2013", "\u2013")]
