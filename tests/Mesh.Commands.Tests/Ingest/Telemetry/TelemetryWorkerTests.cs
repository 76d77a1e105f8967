using System.Text;
using Mesh.Commands.Ingest.Telemetry;
using Mesh.Decode.Telemetry;
using Mesh.Kafka;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Testing;

namespace Mesh.Commands.Tests.Ingest.Telemetry;

public class TelemetryWorkerTests
{
    private readonly TestDatabase place;

    public TelemetryWorkerTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected TelemetryWorkerTests(TestDatabase place) => this.place = place;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_is_a_row_that_says_where_it_lies_in_the_log()
    {
        await using var bench = await TelemetryBench.StartAsync(place: place);
        await using var worker = bench.Run();
        var at = await bench.SendJsonAsync(
            "v1", """{"n": 1.5, "gear": "third", "on": true, "wheels": [1, 2], "at": {"x": 3}, "nothing": null}""", "/chassis/speed",
            (TelemetryHeaders.LogTime, TelemetryBench.StartNs), (TelemetryHeaders.PublishTime, TelemetryBench.StartNs - 7));
        await bench.UntilRowsAsync(1, "raw.chassis_speed");

        var source = new TopicSource(Topics.Telemetry, at.Partition, await bench.Admin.ReadTopicIdAsync(Topics.Telemetry, Token));
        source.TopicId.Length.ShouldBe(32);
        var rows = await bench.RowsAsync("raw.chassis_speed", (batch, i) => (
            batch["recording_id"].GetString(i), batch["vehicle_id"].GetString(i), batch["channel"].GetString(i), batch["sequence"].Values<long>()[i],
            batch["log_time_ns"].Values<long>()[i], batch["publish_time_ns"].Values<long>()[i], batch["n"].Values<double>()[i], batch["gear"].GetString(i)));
        rows.ShouldBe([(source.RecordingId, "v1", "/chassis/speed", at.Offset, TelemetryBench.StartNs, TelemetryBench.StartNs - 7, 1.5, "third")]);
        SourceOffsets.Of(await bench.Catalogue.LoadAsync(TableIdentifier.Parse("raw.chassis_speed"), Token))[source.Key].ShouldBe(at.Offset + 1);
        bench.Letters.ShouldBeEmpty();
    }

    [Fact]
    public async Task Workers_that_come_and_go_neither_lose_nor_repeat_a_message()
    {
        await using var bench = await TelemetryBench.StartAsync(partitions: 4, place: place);
        var first = bench.Run();
        await bench.SendManyAsync(0, 300);
        var second = bench.Run();
        await bench.SendManyAsync(300, 300);
        await first.DisposeAsync();
        await bench.SendManyAsync(600, 300);
        var third = bench.Run();
        await second.DisposeAsync();
        await bench.SendManyAsync(900, 100);
        await bench.UntilRowsAsync(1000);
        await third.DisposeAsync();
        await bench.ShouldHoldAsync(1000);
    }

    [Fact]
    public async Task What_is_read_again_from_the_beginning_adds_nothing_because_the_tables_know()
    {
        await using var bench = await TelemetryBench.StartAsync(place: place);
        await bench.SendManyAsync(0, 200);
        await using (bench.Run()) await bench.UntilRowsAsync(200);
        await bench.Database.WriteAsync(async transaction => { await transaction.ExecuteAsync("DELETE FROM topic_progress"); }, Token);

        long snapshots = (await bench.Catalogue.LoadAsync(TableIdentifier.Parse("raw.speed"), Token)).Snapshots.Count;
        await using (bench.Run())
        {
            await bench.SendManyAsync(200, 50, channel: "/other");
            await bench.UntilRowsAsync(50, "raw.other");
        }

        await bench.ShouldHoldAsync(200);
        (await bench.Catalogue.LoadAsync(TableIdentifier.Parse("raw.speed"), Token)).Snapshots.Count.ShouldBe((int)snapshots);
    }

    [Fact]
    public async Task Two_workers_that_both_believe_to_own_a_partition_do_not_add_its_rows_twice()
    {
        // Each is alone in a group of its own and reads everything; positions apart, that is a predecessor which does not know that it is one.
        await using var bench = await TelemetryBench.StartAsync(place: place);
        await using (bench.Run())
        {
            await using var zombie = bench.Run(bench.Options with { Group = "mesh.zombie" });
            for (int round = 0; round < 10; round++) await bench.SendManyAsync(round * 50, 50);
            await bench.UntilRowsAsync(500);
            await TelemetryBench.UntilAsync(() => Task.FromResult(CommittedTotal(bench, "mesh.live") == 500 && CommittedTotal(bench, "mesh.zombie") == 500));
        }

        await bench.ShouldHoldAsync(500);
    }

    [Fact]
    public async Task A_message_sent_again_by_its_producer_is_dropped_also_after_a_restart()
    {
        await using var bench = await TelemetryBench.StartAsync(place: place);
        await using (bench.Run())
        {
            for (int n = 0; n < 20; n++) await SendNumberedAsync(bench, n, n);
            for (int n = 10; n < 20; n++) await SendNumberedAsync(bench, n, n);
            await SendNumberedAsync(bench, 25, 20);
            await SendNumberedAsync(bench, 22, 21);
            await bench.UntilRowsAsync(22);
        }

        await using (bench.Run())
        {
            await SendNumberedAsync(bench, 22, -1);
            await SendNumberedAsync(bench, 3, -1);
            await SendNumberedAsync(bench, 23, 22);
            await bench.SendJsonAsync("v1", """{"n": 23}""", "/speed", (TelemetryHeaders.Producer, "ecu"), (TelemetryHeaders.Sequence, 0), (TelemetryHeaders.Session, "after a reboot"));
            await bench.UntilRowsAsync(24);
        }

        await bench.ShouldHoldAsync(24);
    }

    [Fact]
    public async Task A_topic_made_anew_is_another_recording_and_read_from_its_beginning()
    {
        await using var bench = await TelemetryBench.StartAsync(partitions: 1, place: place);
        await using var worker = bench.Run();
        await bench.SendManyAsync(0, 40);
        await bench.UntilRowsAsync(40);
        await bench.Admin.DeleteAsync(Topics.Telemetry, Token);
        await TelemetryBench.UntilAsync(async () => !(await bench.Admin.ListAsync(Token)).ContainsKey(Topics.Telemetry));
        await bench.Admin.EnsureAsync(new Dictionary<string, int> { [Topics.Telemetry] = 1 }, Token);
        await using (var producer = new RecordProducer(bench.Log.Options, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance))
        {
            for (int n = 40; n < 65; n++)
            {
                await producer.SendAsync(
                    Topics.Telemetry, "v1"u8.ToArray(), Encoding.UTF8.GetBytes($$"""{"n": {{n}}}"""),
                    new Dictionary<string, string> { [TelemetryHeaders.Encoding] = "json", [TelemetryHeaders.Channel] = "/speed" }, Token);
            }
        }

        await bench.UntilRowsAsync(65);
        await bench.ShouldHoldAsync(65);
        var recordings = (await bench.IdentitiesAsync("raw.speed")).GroupBy(row => row.Recording).Select(rows => rows.Max(row => row.Sequence)).Order();
        recordings.ShouldBe([24, 39]);
        bench.Letters.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_cannot_be_read_is_a_letter_with_its_place_in_the_log_and_holds_up_nothing()
    {
        await using var bench = await TelemetryBench.StartAsync(place: place);
        await using var worker = bench.Run();
        await bench.SendJsonAsync("v1", """{"n": 0}""");
        var notJson = await bench.SendJsonAsync("v1", "{n");
        var noEncoding = await bench.SendAsync("v1", [1], (TelemetryHeaders.Channel, "/speed"));
        var otherType = await bench.SendJsonAsync("v1", """{"n": "fast"}""");
        var noSchema = await bench.SendAsync("v1", [1, 2], (TelemetryHeaders.Encoding, "protobuf"), (TelemetryHeaders.Channel, "/p"));
        var vin = await bench.SendJsonAsync("WVWZZZ1JZXW000001", """{"n": 5}""");
        var cut = await bench.SendAsync("v1", [0, 1, 0, 0, 9], (TelemetryHeaders.Encoding, "cdr"), (TelemetryHeaders.Channel, "/imu"), (TelemetryHeaders.Schema, "sensor_msgs/msg/Imu"));
        await bench.SendJsonAsync("v1", """{"n": 1}""");
        await bench.UntilRowsAsync(2);
        await TelemetryBench.UntilAsync(() => Task.FromResult(bench.Letters.Count >= 6));

        await bench.ShouldHoldAsync(2);
        bench.Letters.Select(letter => (letter.Code, letter.Source.Partition, letter.Source.Offset, letter.Sequence)).ShouldBe(
            [
                ("MESH2404", notJson.Partition, notJson.Offset, notJson.Offset), ("MESH2401", noEncoding.Partition, noEncoding.Offset, noEncoding.Offset),
                ("MESH2405", otherType.Partition, otherType.Offset, otherType.Offset), ("MESH2402", noSchema.Partition, noSchema.Offset, noSchema.Offset),
                ("MESH1004", vin.Partition, vin.Offset, vin.Offset), ("MESH10311", cut.Partition, cut.Offset, cut.Offset),
            ],
            ignoreOrder: true);
        bench.Letters.ShouldAllBe(letter => !letter.VehicleId.StartsWith("WVW"));
    }

    private static Task SendNumberedAsync(TelemetryBench bench, long sequence, int number) => bench.SendJsonAsync(
        "v1", $$"""{"n": {{number}}}""", "/speed", (TelemetryHeaders.Producer, "ecu"), (TelemetryHeaders.Sequence, sequence));

    private static long CommittedTotal(TelemetryBench bench, string group) =>
        bench.Log.Broker.Describe().Groups.FirstOrDefault(candidate => candidate.Group == group)?.Offsets.Sum(offset => offset.CommittedOffset) ?? 0;
}

public sealed class TelemetryWorkerOnPostgres() : TelemetryWorkerTests(TestDatabase.Postgres());
