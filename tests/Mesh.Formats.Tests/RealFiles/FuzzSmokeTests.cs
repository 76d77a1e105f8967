using Mesh.Formats.Tests.Mcap;
using Mesh.Fuzz;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.RealFiles;

/// <summary>A minute of what <c>tests/Mesh.Fuzz</c> does for as long as it is let. Alone, because it measures what an input allocates.</summary>
[Collection(nameof(Alone))]
public sealed class FuzzSmokeTests
{
    [Theory]
    [InlineData("mdf4", 2_000)]
    [InlineData("mdf3", 3_000)]
    [InlineData("mcap", 3_000)]
    [InlineData("rosbag", 3_000)]
    [InlineData("ros2bag", 5_000)]
    [InlineData("blf", 10_000)]
    [InlineData("asc", 20_000)]
    [InlineData("trc", 15_000)]
    [InlineData("dbc", 8_000)]
    [InlineData("arrow", 20_000)]
    [InlineData("parquet", 20_000)]
    [InlineData("wrapped", 1_500)]
    [InlineData("messages", 5_000)]
    [InlineData("run-filter", 3_000)]
    [InlineData("mlruns", 2_000)]
    [InlineData("kafka", 40_000)]
    public void Damaged_files_are_read_or_refused_and_nothing_else(string format, int inputs)
    {
        Require.AtLeast(TestLevel.Default);
        var target = FuzzTargets.All.Single(target => target.Name == format);
        var report = new FuzzRunner(target, new FuzzOptions { Seed = 2026, MaxInputs = inputs }).Run(TestContext.Current.CancellationToken);

        report.Findings.Select(finding => finding.Short).ShouldBeEmpty();
        report.Inputs.ShouldBe(inputs);
        report.Accepted.ShouldBeGreaterThan(inputs / 50);
    }

    [Fact]
    public void Every_target_is_run() =>
        typeof(FuzzSmokeTests).GetMethod(nameof(Damaged_files_are_read_or_refused_and_nothing_else))!.GetCustomAttributes(typeof(InlineDataAttribute), false)
            .Cast<InlineDataAttribute>().Select(data => (string)data.Data[0]!).ShouldBe(FuzzTargets.All.Select(target => target.Name));
}
