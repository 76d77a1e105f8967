using Mesh.Commands.Signals;
using Mesh.Model;

namespace Mesh.Commands.Tests.Signals;

public sealed class SignalWindowTests
{
    private const string X = SignalRowsOf.Left + ":linear_acceleration.x";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_column_of_any_window_is_what_all_samples_say_to_the_bit_and_sampling_by_stride_is_not()
    {
        await using var bench = await SignalBench.StartAsync();
        var rows = new SignalRowsOf(1);
        rows.Add(120_000);
        await bench.CommitAsync(rows, 0, 70_000, "one");
        await bench.CommitAsync(rows, 70_000, 50_000, "two");
        var (times, values) = rows.Of(SignalRowsOf.Left);
        var (fewTimes, fewValues) = BruteForce.Stride(times, values, 7);
        double seconds = (rows.Times[^1] - rows.Times[0]) / 1e9;
        var random = new Random(2);
        (int columns, int wrong, int strideWrong, int withLevels) seen = default;
        for (int i = 0; i < 200; i++)
        {
            double from = random.NextDouble() * seconds, to = from + (Math.Pow(10, -3 * random.NextDouble()) * seconds);
            var window = (await bench.Signals.QueryAsync(bench.Recording, new SignalQuery { Names = [X], From = from, To = to, Columns = random.Next(1, 2000) }, Token)).ShouldNotBeNull();
            window.From.ShouldBeLessThanOrEqualTo(from);
            window.To.ShouldBeGreaterThanOrEqualTo(to);
            if (window.Series.ShouldHaveSingleItem() is not SignalColumns series) continue;
            var truth = BruteForce.Columns(times, values, window.FromNs, window.ToNs, window.Columns);
            seen.columns += window.Columns;
            seen.wrong += BruteForce.Differences((series.First, series.Min, series.Max, series.Last, series.Count), truth);
            seen.strideWrong += BruteForce.Differences(BruteForce.Columns(fewTimes, fewValues, window.FromNs, window.ToNs, window.Columns), truth);
            seen.withLevels += (window.ToNs - window.FromNs) / window.Columns > 200_000_000 ? 1 : 0;
        }

        seen.wrong.ShouldBe(0);
        seen.columns.ShouldBeGreaterThan(10_000);
        seen.withLevels.ShouldBeGreaterThan(20, "windows so wide that levels answer them");
        seen.strideWrong.ShouldBeGreaterThan(seen.columns / 2, "the check sees a downsampling that loses values");
    }

    [Fact]
    public async Task A_narrow_window_has_every_sample_with_its_gaps_and_one_more_on_either_side()
    {
        await using var bench = await SignalBench.StartAsync();
        var rows = new SignalRowsOf(3);
        rows.Add(30_000);
        await bench.CommitAsync(rows, 0, 30_000, "one");
        var window = (await bench.Signals.QueryAsync(bench.Recording, new SignalQuery { Names = [X], From = 2, To = 2.5, Columns = 1000 }, Token)).ShouldNotBeNull();

        var series = window.Series.ShouldHaveSingleItem().ShouldBeOfType<SignalSamples>();
        var own = Enumerable.Range(0, rows.Times.Count).Where(i => rows.Channels[i] == SignalRowsOf.Left).ToList();
        int first = own.FindIndex(i => rows.Times[i] >= window.FromNs), end = own.FindIndex(i => rows.Times[i] >= window.ToNs);
        var expected = own[(first - 1)..(end + 1)];
        series.Times.ShouldBe(expected.Select(i => (rows.Times[i] - window.Start) / 1e9));
        series.Values.Select(BitConverter.DoubleToInt64Bits).ShouldBe(expected.Select(i => BitConverter.DoubleToInt64Bits(rows.X[i])));
        series.Values.ShouldContain(double.NaN);
    }

    [Fact]
    public async Task Statistics_between_two_times_are_those_of_the_samples_between_them()
    {
        await using var bench = await SignalBench.StartAsync();
        var rows = new SignalRowsOf(4);
        rows.Add(60_000);
        await bench.CommitAsync(rows, 0, 60_000, "one");
        var (times, values) = rows.Of(SignalRowsOf.Left);
        long start = rows.Times[0];
        var random = new Random(5);
        for (int i = 0; i < 40; i++)
        {
            double from = random.NextDouble() * 40, to = from + (random.NextDouble() * 30) + 1e-4;
            var measured = (await bench.Signals.MeasureAsync(bench.Recording, new SignalQuery { Names = [X], From = from, To = to }, Token)).ShouldNotBeNull().ShouldHaveSingleItem();
            var between = values.Where((_, n) => times[n] >= start + (long)Math.Round(from * 1e9) && times[n] < start + (long)Math.Round(to * 1e9)).ToList();
            measured.Count.ShouldBe(between.Count);
            if (between.Count == 0) continue;
            (measured.Min, measured.Max, measured.First, measured.Last).ShouldBe((between.Min(), between.Max(), between[0], between[^1]));
            measured.Mean!.Value.ShouldBe(between.Average(), Math.Abs(between.Average() * 1e-9) + 1e-9);
        }
    }

    [Fact]
    public async Task Truth_values_and_texts_are_bands_that_end_where_the_value_is_absent()
    {
        await using var bench = await SignalBench.StartAsync();
        var rows = new SignalRowsOf(6);
        rows.Add(9_000);
        await bench.CommitAsync(rows, 0, 9_000, "one");
        var window = (await bench.Signals.QueryAsync(
            bench.Recording, new SignalQuery { Names = [SignalRowsOf.Left + ":brake", SignalRowsOf.Left + ":gear"], Columns = 4000 }, Token)).ShouldNotBeNull();

        var brake = window.Series[0].ShouldBeOfType<SignalBands>();
        var gear = window.Series[1].ShouldBeOfType<SignalBands>();
        brake.Labels.ShouldBe(["false", "true"]);
        gear.Labels.ShouldBe(["P", "R", "N", "D"], ignoreOrder: true);
        for (int i = 0; i < rows.Times.Count; i++)
        {
            if (rows.Channels[i] != SignalRowsOf.Left) continue;
            double at = (rows.Times[i] - window.Start) / 1e9;
            if (rows.Brake[i] is { } flag) Labels(brake, at).ShouldContain(flag ? "true" : "false");
            if (rows.Gear[i] is { } text) Labels(gear, at).ShouldContain(text);
        }

        for (int i = 1; i < gear.From.Length; i++) gear.From[i].ShouldBeGreaterThanOrEqualTo(gear.To[i - 1] - 1e-9);

        static IEnumerable<string> Labels(SignalBands bands, double at) =>
            Enumerable.Range(0, bands.From.Length).Where(i => bands.From[i] <= at && at <= bands.To[i]).Select(i => bands.Labels[bands.Label[i]]);
    }

    [Fact]
    public async Task Signals_are_listed_with_kind_unit_and_samples_and_times_and_identities_are_none()
    {
        await using var bench = await SignalBench.StartAsync();
        var rows = new SignalRowsOf(7);
        rows.Add(3_000);
        await bench.CommitAsync(rows, 0, 3_000, "one");

        var before = (await bench.Signals.ListAsync(bench.Recording, Token)).ShouldNotBeNull();
        before.Signals.ShouldNotBeEmpty();
        before.Signals.ShouldAllBe(signal => signal.State == SignalState.Building);
        bench.Requests.ShouldContain((SignalBench.Imu, bench.Recording));
        (await bench.Builder.EnsureAsync(SignalBench.Imu, bench.Recording, Token)).ShouldBeTrue();

        var list = (await bench.Signals.ListAsync(bench.Recording[..8], Token)).ShouldNotBeNull();
        list.Start.ShouldBe($"{rows.Times[0]}");
        list.DurationSeconds.ShouldBe((rows.Times[^1] - rows.Times[0]) / 1e9);
        list.Signals.Where(signal => signal.Channel == SignalRowsOf.Left).Select(signal => (signal.Column, signal.Kind, signal.Unit)).ShouldBe(
            [
                ("linear_acceleration.x", SignalKind.Number, "m/s²"), ("linear_acceleration.y", SignalKind.Number, "m/s²"), ("covariance[0]", SignalKind.Number, null),
                ("covariance[1]", SignalKind.Number, null), ("constant", SignalKind.Number, null), ("brake", SignalKind.Bool, null), ("gear", SignalKind.Text, null),
            ],
            ignoreOrder: true);
        list.Signals.Single(signal => signal.Name == X).Samples.ShouldBe(rows.Of(SignalRowsOf.Left).Times.Length);
        (await bench.Signals.ListAsync("0123456789", Token)).ShouldBeNull();
    }

    [Fact]
    public async Task A_window_on_the_wire_is_the_window_again_and_its_arrays_begin_where_typed_arrays_can()
    {
        await using var bench = await SignalBench.StartAsync();
        var rows = new SignalRowsOf(8);
        rows.Add(20_000);
        await bench.CommitAsync(rows, 0, 20_000, "one");
        string[] names = [X, SignalRowsOf.Left + ":gear", SignalRowsOf.Right + ":linear_acceleration.y", "/none:x", SignalRowsOf.Left + ":constant"];
        var window = (await bench.Signals.QueryAsync(bench.Recording, new SignalQuery { Names = names, Columns = 333 }, Token)).ShouldNotBeNull();

        byte[] bytes = SignalWire.Write(window);
        ((BitConverter.ToInt32(bytes) + 4) % 8).ShouldBe(0);
        var read = SignalWire.Read(bytes);
        (read.Start, read.FromNs, read.ToNs, read.Columns).ShouldBe((window.Start, window.FromNs, window.ToNs, window.Columns));
        read.Series[0].ShouldBeOfType<SignalColumns>().Max.ShouldBe(((SignalColumns)window.Series[0]).Max);
        read.Series[1].ShouldBeOfType<SignalBands>().Label.ShouldBe(((SignalBands)window.Series[1]).Label);
        read.Series[3].ShouldBeOfType<SignalAbsence>().Reason.ShouldNotBeEmpty();
        read.Series[4].ShouldBeOfType<SignalColumns>().Last.Where(value => !double.IsNaN(value)).ShouldAllBe(value => value == 7);
    }

    [Theory]
    [InlineData(0, 1200, "MESH13100")]
    [InlineData(65, 1200, "MESH13100")]
    [InlineData(1, 0, "MESH13100")]
    [InlineData(1, 8193, "MESH13100")]
    public async Task What_is_too_much_for_a_request_is_said_with_the_limit(int signals, int columns, string code)
    {
        await using var bench = await SignalBench.StartAsync();
        var query = new SignalQuery { Names = [.. Enumerable.Range(0, signals).Select(i => $"/c:{i}")], Columns = columns };
        (await Should.ThrowAsync<MeshException>(() => bench.Signals.QueryAsync(bench.Recording, query, Token))).Code.ShouldBe(code);
    }

    [Fact]
    public async Task An_empty_window_and_one_that_is_no_time_are_refused()
    {
        await using var bench = await SignalBench.StartAsync();
        foreach (var (from, to) in new[] { (3.0, 3.0), (4.0, 3.0), (1e300, 2e300), (double.NaN, 1) })
        {
            (await Should.ThrowAsync<MeshException>(() => bench.Signals.QueryAsync(bench.Recording, new SignalQuery { Names = [X], From = from, To = to }, Token))).Code.ShouldBe("MESH13101");
        }
    }
}
