using System.Diagnostics;
using System.Globalization;
using Mesh.Commands.Signals;
using Mesh.Testing;

namespace Mesh.Commands.Tests.Signals;

/// <summary>An hour of two channels of together 3.6 million samples: what building, keeping and asking cost. Times are written, sizes are checked.</summary>
public sealed class HourOfSignalsTests
{
    private const int Rows = 3_600_000;
    private const int Piece = 200_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_hour_at_one_kilohertz_is_built_once_and_every_window_of_it_reads_a_bounded_part()
    {
        Require.AtLeast(TestLevel.Full);
        await using var bench = await SignalBench.StartAsync();
        var rows = new SignalRowsOf(1);
        rows.Add(Rows);
        for (int from = 0; from < Rows; from += Piece) await bench.CommitAsync(rows, from, Piece, $"piece {from}");

        long started = Stopwatch.GetTimestamp();
        (await bench.Builder.EnsureAsync(SignalBench.Imu, bench.Recording, Token)).ShouldBeTrue();
        Say("build", started);
        long bytes = new FileInfo(bench.Folder["lake/" + (await bench.PyramidsAsync()).ShouldHaveSingleItem()]).Length;
        TestContext.Current.SendDiagnosticMessage("pyramid {0:N0} bytes of {1:N0} bytes of numbers", bytes, Rows * 5L * sizeof(double));
        bytes.ShouldBeLessThan(Rows * 5L * sizeof(double), "smaller than the numbers it is made from");

        string[] names = [SignalRowsOf.Left + ":linear_acceleration.x", SignalRowsOf.Left + ":linear_acceleration.y", SignalRowsOf.Left + ":constant"];
        var random = new Random(3);
        foreach (double share in new[] { 1.0, 1.0, 0.1, 0.01, 0.001, 0.0001 })
        {
            started = Stopwatch.GetTimestamp();
            const int Questions = 20;
            for (int i = 0; i < Questions; i++)
            {
                double from = random.NextDouble() * (1 - share) * 3000;
                var window = (await bench.Signals.QueryAsync(bench.Recording, new SignalQuery { Names = names, From = from, To = from + (share * 3000), Columns = 1200 }, Token)).ShouldNotBeNull();
                window.Columns.ShouldBeLessThanOrEqualTo(1200);
            }

            Say($"window of {share * 3000:0.##} s, three signals, mean of {Questions}", started, Questions);
        }
    }

    private static void Say(string what, long started, int times = 1) => TestContext.Current.SendDiagnosticMessage(
        "{0}: {1} ms", what, (Stopwatch.GetElapsedTime(started).TotalMilliseconds / times).ToString("N1", CultureInfo.InvariantCulture));
}
