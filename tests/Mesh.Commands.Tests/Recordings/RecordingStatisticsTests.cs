using Mesh.Columnar;
using Mesh.Commands.Recordings;
using Mesh.Formats;
using Mesh.Testing;

namespace Mesh.Commands.Tests.Recordings;

public sealed class RecordingStatisticsTests
{
    [Fact]
    public async Task Columns_are_counted_and_measured_as_a_whole_and_by_bins_of_time()
    {
        using var folder = new TemporaryFolder();
        string path = await RecordingFiles.WritePointsAsync(folder["in.mcap"], [0, 100, 200, 1000, 1100], "/a");
        var report = await RecordingStatistics.ComputeAsync(path, new RecordingReaderOptions(), 1_000_000_000, null, TestContext.Current.CancellationToken);

        report.Messages.ShouldBe(5);
        var x = report.Columns.Single(column => column.Column == "x");
        (x.Count, x.Nulls, x.Min, x.Max, x.Mean, x.First, x.Last).ShouldBe((5, 0, 0.0, 2.0, 1.0, 0.0, 2.0));
        x.StandardDeviation!.Value.ShouldBe(Math.Sqrt(0.625), 1e-12);
        x.Bins.Select(bin => (bin.StartNs - (long)RecordingFiles.Start, bin.Count, bin.Min, bin.Max, bin.Mean)).ShouldBe([(0, 3, 0, 1, 0.5), (1_000_000_000, 2, 1.5, 2, 1.75)]);
        var label = report.Columns.Single(column => column.Column == "label");
        (label.Count, label.Min).ShouldBe((5, null));
    }

    [Fact]
    public void The_largest_and_smallest_doubles_have_a_mean_but_no_spread()
    {
        var builder = new FixedWidthBuilder<double>(DataType.Float64);
        foreach (double value in new[] { double.MaxValue, -double.MaxValue, double.MaxValue, double.NaN, double.PositiveInfinity }) builder.Append(value);
        var accumulator = new ColumnAccumulator(10, null);
        accumulator.Add(builder.Build(), [0, 1, 2, 3, 4]);
        var statistics = accumulator.ToStatistics("/a", "x");
        (statistics.Count, statistics.NotFinite, statistics.Max, statistics.Min, statistics.StandardDeviation).ShouldBe((5, 2, double.MaxValue, -double.MaxValue, null));
        double.IsFinite(statistics.Mean!.Value).ShouldBeTrue();
        double.IsFinite(statistics.Bins.Single().Mean).ShouldBeTrue();
    }
}
