"""How large a lab is: as the sheet writes where that is asked for, smaller otherwise."""

from dataclasses import asdict

from peu.lab.budget import AS_WRITTEN, FULL, QUICK
from peu.lab.settings import LabSettings


def test_as_written_has_the_numbers_of_the_sheet() -> None:
    written = LabSettings(as_written=True).budget
    assert written is AS_WRITTEN
    assert (written.sheet_size, written.small_size, written.sheet_epochs) == (224, 224, 20)
    assert (written.noisy_images, written.noisy_epochs) == (60_000, 20)
    assert (written.mapped_images, written.mapped_epochs, written.mapped_batch) == (60_000, 15, 128)


def test_no_number_grows_where_time_is_short() -> None:
    quick, full, written = (
        {name: value for name, value in asdict(each).items() if isinstance(value, int)}
        for each in (QUICK, FULL, AS_WRITTEN)
    )
    assert LabSettings().budget is FULL
    assert all(quick[name] <= full[name] <= written[name] for name in full)
    # Smaller batches or not, an epoch of fewer images has fewer steps.
    assert FULL.mapped_images // FULL.mapped_batch < 60_000 // 128
