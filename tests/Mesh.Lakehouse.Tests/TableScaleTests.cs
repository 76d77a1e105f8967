using System.Diagnostics;
using System.Globalization;
using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Maintenance;

namespace Mesh.Lakehouse.Tests;

/// <summary>Large tables, by construction: what is asserted is how much is looked at; times are only printed.</summary>
public sealed class TableScaleTests : IDisposable
{
    private readonly LakeFixture lake = new(SyntheticTable.Options);

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    /// <summary><c>MESH_SYNTHETIC_FILES</c> makes it as large as one likes; numbers for 1,000,000 are in the benchmarks' README.</summary>
    [Fact]
    public async Task A_commit_and_a_filtered_plan_look_at_what_they_touch_and_not_at_the_table()
    {
        int files = int.TryParse(Environment.GetEnvironmentVariable("MESH_SYNTHETIC_FILES"), CultureInfo.InvariantCulture, out int wanted) ? wanted : 20_000;
        const int PerCommit = 5_000;
        var table = new SyntheticTable(lake);
        await table.CreateAsync(None);
        var clock = Stopwatch.StartNew();
        for (int first = 0; first < files; first += PerCommit) await table.AppendAsync(first, PerCommit, None);
        Print($"{files:N0} files in {files / PerCommit} commits: {clock.Elapsed.TotalSeconds:F1} s");

        clock.Restart();
        long allocated = GC.GetTotalAllocatedBytes();
        var snapshot = await table.AppendAsync(files, 1, None);
        Print($"append of one file: {clock.Elapsed.TotalMilliseconds:F1} ms, {(GC.GetTotalAllocatedBytes() - allocated) / 1e6:F1} MB allocated");
        long metadataBytes = (await lake.Catalogue.ReadObjectAsync(snapshot.ManifestListUri, None)).Length;
        Print($"manifests {(await lake.Catalogue.ReadManifestListAsync(snapshot, None)).Count}, manifest list {metadataBytes:N0} bytes");

        var whole = new ScanStatistics();
        clock.Restart();
        allocated = GC.GetTotalAllocatedBytes();
        GC.Collect();
        long peak = 0, planned = 0;
        await foreach (var _ in lake.Catalogue.PlanAsync(LakeFixture.Imu, new ScanOptions { Statistics = whole }, None))
        {
            if (++planned % 50_000 == 0) peak = Math.Max(peak, GC.GetTotalMemory(false));
        }

        Print($"plan of everything: {clock.Elapsed.TotalSeconds:F2} s, {(GC.GetTotalAllocatedBytes() - allocated) / 1e6:F0} MB allocated, {peak / 1e6:F0} MB at most held, manifests {whole.ManifestsRead}");
        planned.ShouldBe(files + 1);
        whole.FilesKept.ShouldBe(files + 1);
        whole.ManifestsRead.ShouldBe(whole.ManifestsTotal);

        int wantedFile = files / 2;
        long day = wantedFile / SyntheticTable.FilesPerDay;
        var from = SyntheticTable.FirstDay.AddDays(day);
        await PlanAsync("one day", new AndPredicate(
        [
            new ComparisonPredicate("log_time", ComparisonOperator.GreaterOrEqual, from),
            new ComparisonPredicate("log_time", ComparisonOperator.Less, from.AddDays(1)),
        ]), SyntheticTable.FilesPerDay);
        await PlanAsync("one day of a vehicle", new AndPredicate(
        [
            new ComparisonPredicate("log_time", ComparisonOperator.GreaterOrEqual, from),
            new ComparisonPredicate("log_time", ComparisonOperator.Less, from.AddDays(1)),
            new ComparisonPredicate("vehicle_id", ComparisonOperator.Equal, SyntheticTable.VehicleOf(wantedFile)),
        ]), SyntheticTable.FilesPerDay / SyntheticTable.Vehicles);
        var byBounds = await PlanAsync("bounds alone", new ComparisonPredicate("sequence", ComparisonOperator.Equal, (long)wantedFile * SyntheticTable.RowsPerFile), 1);
        byBounds.FilesSkipped.ShouldBe(files);
        var vehicle = await PlanAsync("a vehicle's files by bucket and bounds", new ComparisonPredicate("vehicle_id", ComparisonOperator.Equal, SyntheticTable.VehicleOf(0)), null);
        vehicle.FilesKept.ShouldBeInRange(files / SyntheticTable.Vehicles, (files / SyntheticTable.Vehicles) + 1);

        // Everything but the last snapshot goes; what the table holds stays.
        lake.Time.Advance(TimeSpan.FromDays(30));
        int snapshots = (await lake.Catalogue.LoadAsync(LakeFixture.Imu, None)).Snapshots.Count;
        clock.Restart();
        allocated = GC.GetTotalAllocatedBytes();
        var expiry = await new SnapshotExpiry(lake.Catalogue, lake.Store, lake.Time).RunAsync(LakeFixture.Imu, new ExpiryOptions { MaxAge = TimeSpan.FromDays(1) }, dryRun: false, None);
        Print($"expiry of {expiry.Expired.Count} snapshots: {clock.Elapsed.TotalSeconds:F2} s, {(GC.GetTotalAllocatedBytes() - allocated) / 1e6:F0} MB allocated, {expiry.Manifests} manifests deleted");
        expiry.Expired.Count.ShouldBe(snapshots - 1);
        expiry.DataFiles.ShouldBe(0);
        await PlanAsync("one file after expiry", new ComparisonPredicate("sequence", ComparisonOperator.Equal, (long)wantedFile * SyntheticTable.RowsPerFile), 1);

        async Task<ScanStatistics> PlanAsync(string name, Predicate filter, int? expected)
        {
            var statistics = new ScanStatistics();
            var watch = Stopwatch.StartNew();
            long before = GC.GetTotalAllocatedBytes();
            long kept = 0;
            await foreach (var file in lake.Catalogue.PlanAsync(LakeFixture.Imu, new ScanOptions { Filter = filter, Statistics = statistics }, None)) kept++;
            Print($"plan of {name}: {watch.Elapsed.TotalMilliseconds:F0} ms, {(GC.GetTotalAllocatedBytes() - before) / 1e6:F0} MB allocated, {kept:N0} files, manifests {statistics.ManifestsRead} of {statistics.ManifestsTotal}");
            kept.ShouldBe(statistics.FilesKept);
            if (expected is { } number) kept.ShouldBe(number);
            if (filter is AndPredicate) statistics.ManifestsRead.ShouldBeLessThanOrEqualTo(2);
            return statistics;
        }
    }

    private static void Print(string line) => TestContext.Current.TestOutputHelper!.WriteLine(line);
}
