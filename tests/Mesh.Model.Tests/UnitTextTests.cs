using Mesh.Model;

namespace Mesh.Model.Tests;

public class UnitTextTests
{
    [Theory]
    [InlineData("50ms", 50_000_000)]
    [InlineData("1.5s", 1_500_000_000)]
    [InlineData("10m", 600_000_000_000)]
    [InlineData("1h", 3_600_000_000_000)]
    [InlineData("0s", 0)]
    public void Durations_are_read_with_their_unit(string text, long nanoseconds)
    {
        DurationText.TryParseNs(text, out long value).ShouldBeTrue();
        value.ShouldBe(nanoseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ms")]
    [InlineData("10")]
    [InlineData("-1s")]
    [InlineData("1 fortnight")]
    [InlineData("99999999d")]
    public void A_duration_without_a_unit_or_out_of_range_is_refused(string text) =>
        DurationText.TryParseNs(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("512MiB", 536_870_912)]
    [InlineData("1GB", 1_000_000_000)]
    [InlineData("4096", 4096)]
    public void Sizes_are_read_in_binary_and_decimal_units(string text, long bytes)
    {
        ByteSizeText.TryParse(text, out long value).ShouldBeTrue();
        value.ShouldBe(bytes);
    }

    [Fact]
    public void Sizes_are_shown_in_the_largest_fitting_unit() => ByteSizeText.Format(1_572_864).ShouldBe("1.5 MiB");
}
