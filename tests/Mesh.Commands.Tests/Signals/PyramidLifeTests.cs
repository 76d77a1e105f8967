using Mesh.Columnar;
using Mesh.Commands.Signals;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Maintenance;
using Mesh.Model;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Commands.Tests.Signals;

public sealed class PyramidLifeTests
{
    private const string X = SignalRowsOf.Left + ":linear_acceleration.x";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Building_twice_at_once_gives_one_object_and_its_bytes_are_the_same_again()
    {
        await using var bench = await SignalBench.StartAsync();
        await FillAsync(bench, 1, 5_000);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => bench.Builder.EnsureAsync(SignalBench.Imu, bench.Recording, Token).AsTask()));
        string key = (await bench.PyramidsAsync()).ShouldHaveSingleItem();
        byte[] first = await File.ReadAllBytesAsync(bench.Folder["lake/" + key], Token);

        await bench.Lake.DeleteAsync(key, Token);
        await bench.Builder.EnsureAsync(SignalBench.Imu, bench.Recording, Token);
        (await File.ReadAllBytesAsync(bench.Folder["lake/" + key], Token)).ShouldBe(first);
        Directory.GetFiles(bench.Folder["spill"]).ShouldBeEmpty();
    }

    [Fact]
    public async Task Rows_that_come_later_and_earlier_in_time_are_in_the_next_pyramid_in_order()
    {
        await using var bench = await SignalBench.StartAsync();
        var rows = new SignalRowsOf(2);
        rows.Add(9_000);
        await bench.CommitAsync(rows, 6_000, 3_000, "late");
        await bench.Builder.EnsureAsync(SignalBench.Imu, bench.Recording, Token);
        string before = (await bench.PyramidsAsync()).ShouldHaveSingleItem();
        await bench.CommitAsync(rows, 0, 6_000, "early");

        var window = (await bench.Signals.QueryAsync(bench.Recording, new SignalQuery { Names = [X], Columns = 100 }, Token)).ShouldNotBeNull();
        window.Start.ShouldBe(rows.Times[0]);
        var (times, values) = rows.Of(SignalRowsOf.Left);
        var series = window.Series[0].ShouldBeOfType<SignalColumns>();
        BruteForce.Differences((series.First, series.Min, series.Max, series.Last, series.Count), BruteForce.Columns(times, values, window.FromNs, window.ToNs, window.Columns)).ShouldBe(0);
        (await bench.PyramidsAsync()).ShouldHaveSingleItem().ShouldNotBe(before, "the one that is out of date goes");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Erasing_rows_takes_the_pictures_of_them_and_what_is_drawn_then_has_none_of_them(bool rewrite)
    {
        await using var bench = await SignalBench.StartAsync();
        var rows = await FillAsync(bench, 3, 8_000);
        await bench.Builder.EnsureAsync(SignalBench.Imu, bench.Recording, Token);
        (await bench.PyramidsAsync()).ShouldHaveSingleItem();
        var where = PredicateParser.Parse("sequence < 4000");

        var shown = await bench.Store.FindRecordingsAsync(SignalBench.Imu, where, Token);
        shown.ShouldBe([bench.Recording]);
        await bench.Tables.DeleteRowsAsync(SignalBench.Imu, where, new Mesh.Lakehouse.Iceberg.DeleteOptions { Rewrite = rewrite }, Token);
        (await bench.Store.RemoveAsync(SignalBench.Imu, shown, Token)).ShouldBe(1);
        (await bench.PyramidsAsync()).ShouldBeEmpty();

        var window = (await bench.Signals.QueryAsync(bench.Recording, new SignalQuery { Names = [X], Columns = 50 }, Token)).ShouldNotBeNull();
        window.Start.ShouldBe(rows.Times[4_000]);
    }

    [Fact]
    public async Task Erasing_that_somebody_else_announces_takes_them_too_and_so_does_erasing_a_recording_whole()
    {
        await using var bench = await SignalBench.StartAsync();
        await FillAsync(bench, 4, 4_000);
        await bench.Builder.EnsureAsync(SignalBench.Imu, bench.Recording, Token);
        var stage = Stage(bench);
        await bench.Tables.DeleteRowsAsync(SignalBench.Imu, PredicateParser.Parse("sequence < 10"), new Mesh.Lakehouse.Iceberg.DeleteOptions(), Token);
        string old = (await bench.PyramidsAsync()).ShouldHaveSingleItem();
        await stage.ApplyAsync(new SnapshotCommitted { Table = SignalBench.Imu.ToString(), Operation = "overwrite" }, Token);
        (await bench.PyramidsAsync()).ShouldHaveSingleItem().ShouldNotBe(old, "built again of what is left");

        await bench.Tables.DeleteRowsAsync(SignalBench.Imu, PredicateParser.Parse($"recording_id = '{bench.Recording}'"), new Mesh.Lakehouse.Iceberg.DeleteOptions(), Token);
        await stage.ApplyAsync(new SnapshotCommitted { Table = SignalBench.Imu.ToString(), Operation = "delete" }, Token);
        (await bench.PyramidsAsync()).ShouldBeEmpty();
        (await bench.Signals.ListAsync(bench.Recording, Token)).ShouldNotBeNull().Signals.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_pyramid_whose_rows_are_erased_while_it_is_put_does_not_stay()
    {
        await using var bench = await SignalBench.StartAsync();
        await FillAsync(bench, 5, 4_000);
        var table = await bench.Tables.LoadAsync(SignalBench.Imu, Token);
        var source = await bench.Store.LookAsync(table, bench.Recording, Token);
        string file = bench.Folder["made"];
        await bench.Builder.WriteAsync(source, file, Token);
        await bench.Tables.DeleteRowsAsync(SignalBench.Imu, PredicateParser.Parse("sequence < 10"), new Mesh.Lakehouse.Iceberg.DeleteOptions(), Token);

        (await bench.Store.PutAsync(source, file, Token)).ShouldBeFalse();
        (await bench.PyramidsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Sweeps_of_tables_leave_pyramids_alone_and_their_own_takes_those_of_no_table()
    {
        await using var bench = await SignalBench.StartAsync();
        await FillAsync(bench, 6, 4_000);
        await bench.Builder.EnsureAsync(SignalBench.Imu, bench.Recording, Token);
        string key = (await bench.PyramidsAsync()).ShouldHaveSingleItem();
        var sweep = new OrphanSweep(bench.Tables, bench.Lake, TimeProvider.System) { Grace = TimeSpan.FromSeconds(-10) };
        await sweep.RunAsync(SignalBench.Imu, delete: true, Token);
        await sweep.RunDroppedAsync(delete: true, Token);
        (await bench.Store.SweepAsync(Token)).ShouldBe(0);
        (await bench.PyramidsAsync()).ShouldBe([key]);

        await bench.Lake.PutAsync("pyramids/0123/abc/old.sig", new byte[3], Mesh.Storage.PutMode.Overwrite, Token);
        (await bench.Store.SweepAsync(Token)).ShouldBe(1);
        await bench.Tables.DropAsync(SignalBench.Imu, false, Token);
        (await bench.Store.SweepAsync(Token)).ShouldBe(1);
        (await bench.PyramidsAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(5_000)]
    public async Task A_damaged_pyramid_is_said_to_be_one(int bytes)
    {
        await using var bench = await SignalBench.StartAsync();
        await FillAsync(bench, 7, 4_000);
        await bench.Builder.EnsureAsync(SignalBench.Imu, bench.Recording, Token);
        string path = bench.Folder["lake/" + (await bench.PyramidsAsync()).ShouldHaveSingleItem()];
        await using (var file = new FileStream(path, FileMode.Open)) file.SetLength(bytes);
        (await Should.ThrowAsync<MeshException>(() => bench.Signals.ListAsync(bench.Recording, Token))).Code.ShouldBe("MESH13103");
    }

    private static Mesh.Commands.Signals.Building.PyramidStage Stage(SignalBench bench) =>
        new(new Mesh.Kafka.KafkaOptions { Bootstrap = "127.0.0.1:1" }, bench.Tables, bench.Store, bench.Builder, NullLogger.Instance, TimeProvider.System);

    private static async Task<SignalRowsOf> FillAsync(SignalBench bench, int seed, int count)
    {
        var rows = new SignalRowsOf(seed);
        rows.Add(count);
        await bench.CommitAsync(rows, 0, count, "one");
        return rows;
    }
}
