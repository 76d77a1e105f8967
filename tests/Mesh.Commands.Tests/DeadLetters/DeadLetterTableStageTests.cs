using Mesh.Commands.DeadLetters;
using Mesh.Commands.Tests.Ingest.Telemetry;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Streaming.DeadLetters;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Commands.Tests.DeadLetters;

public sealed class DeadLetterTableStageTests
{
    private const string Table = "mesh.dead_letters";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Letters_of_every_stage_become_rows_of_one_snapshot()
    {
        await using var bench = await TelemetryBench.StartAsync();
        await WriteAsync(bench, 0, 20, "decode");
        await WriteAsync(bench, 20, 5, "partition");
        using var stage = Stage(bench);

        (await stage.RunRoundAsync(Token)).ShouldBe(25);
        (await stage.RunRoundAsync(Token)).ShouldBe(0);

        await ShouldHoldAsync(bench, 25);
        (await bench.Catalogue.LoadAsync(TableIdentifier.Parse(Table), Token)).Snapshots.Count.ShouldBe(1);
        var rows = await bench.RowsAsync(Table, (batch, i) => (
            batch["stage"].GetString(i), batch["code"].GetString(i), batch["vehicle_id"].GetString(i), batch["channel"].GetString(i), batch["first_sequence"].Values<long>()[i],
            batch["last_sequence"].Values<long>()[i], batch["count"].Values<long>()[i], batch["log_time"].Values<long>()[i], batch["letter_topic"].GetString(i)));
        rows.ShouldContain(("decode", "MESH10311", "V1", "/wheel", 3L, 5L, 3L, 1_764_460_800_000_003L, "mesh.decode.dead-letters.v1"));
        rows.Count(row => row.Item1 == "partition").ShouldBe(5);
        (await bench.RowsAsync(Table, (batch, i) => batch["payload"].IsNull(i) ? "" : Convert.ToHexStringLower(batch["payload"].GetBytes(i)))).Count(hex => hex == "0102").ShouldBe(25);
        stage.Heartbeat.AtWork.ShouldBe(0);
    }

    [Fact]
    public async Task Many_letters_are_several_snapshots_of_bounded_size()
    {
        await using var bench = await TelemetryBench.StartAsync();
        await WriteAsync(bench, 0, 25, "decode");
        using var stage = Stage(bench, maxLetters: 10);

        (await stage.RunRoundAsync(Token)).ShouldBe(25);

        await ShouldHoldAsync(bench, 25);
        (await bench.Catalogue.LoadAsync(TableIdentifier.Parse(Table), Token)).Snapshots.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Servers_that_write_the_table_at_the_same_time_add_every_letter_once()
    {
        await using var bench = await TelemetryBench.StartAsync();
        using var one = Stage(bench, maxLetters: 7);
        using var other = Stage(bench, maxLetters: 11);
        for (int n = 0; n < 60; n += 20)
        {
            await WriteAsync(bench, n, 20, "decode");
            await Task.WhenAll(one.RunRoundAsync(Token), other.RunRoundAsync(Token));
        }

        while (await one.RunRoundAsync(Token) > 0)
        {
        }

        await ShouldHoldAsync(bench, 60);
    }

    [Fact]
    public async Task A_record_that_is_no_dead_letter_is_a_row_with_its_bytes()
    {
        await using var bench = await TelemetryBench.StartAsync();
        await bench.Producer.SendBinaryAsync(Topics.DeadLetters("decode"), "k"u8.ToArray(), "junk"u8.ToArray(), [], Token);
        using var stage = Stage(bench);

        (await stage.RunRoundAsync(Token)).ShouldBe(1);

        var row = (await bench.RowsAsync(Table, (batch, i) => (batch["stage"].GetString(i), batch["code"].GetString(i), Convert.ToHexStringLower(batch["payload"].GetBytes(i)), batch["first_sequence"].IsNull(i))))
            .ShouldHaveSingleItem();
        row.ShouldBe(("decode", "MESH2440", "6a756e6b", true));
    }

    [Fact]
    public async Task A_topic_made_anew_is_read_from_its_beginning()
    {
        await using var bench = await TelemetryBench.StartAsync();
        using var stage = Stage(bench);
        await WriteAsync(bench, 0, 9, "decode");
        await stage.RunRoundAsync(Token);
        string topic = Topics.DeadLetters("decode");
        await bench.Admin.DeleteAsync(topic, Token);
        await TelemetryBench.UntilAsync(async () => !(await bench.Admin.ListAsync(Token)).ContainsKey(topic));
        await bench.Admin.EnsureAsync(new Dictionary<string, int> { [topic] = 1 }, Token);
        await WriteAsync(bench, 9, 4, "decode");

        await TelemetryBench.UntilAsync(async () => await stage.RunRoundAsync(Token) >= 0 && await bench.CountAsync(Table) >= 13);

        await ShouldHoldAsync(bench, 13);
    }

    private static DeadLetterTableStage Stage(TelemetryBench bench, int maxLetters = 50_000) =>
        new(bench.Admin, bench.Catalogue, bench.Lake, NullLogger.Instance, TimeProvider.System) { MaxLetters = maxLetters };

    private static async Task WriteAsync(TelemetryBench bench, int from, int count, string stage)
    {
        await using var producer = new EventProducer(bench.Log.Options, NullLogger.Instance);
        var sink = new DeadLetterSink(producer);
        await Task.WhenAll(Enumerable.Range(from, count).Select(n => sink.WriteAsync(
            new DeadLetter
            {
                Stage = stage, Code = "MESH10311", Reason = "At byte 12", IngestId = new string('a', 64), VehicleId = "V1", Channel = "/wheel", Sequence = n, LastSequence = n + 2, Count = 3,
                Payload = Google.Protobuf.ByteString.CopyFrom(1, 2), Topology = "fleet", TopologyVersion = "1", Attempts = 1, CreatedAtUs = 1_764_460_800_000_000 + n,
            }, Token)));
    }

    private static async Task ShouldHoldAsync(TelemetryBench bench, int count)
    {
        (await bench.RowsAsync(Table, (batch, i) => batch["first_sequence"].Values<long>()[i])).Order().ShouldBe(Enumerable.Range(0, count).Select(n => (long)n));
        (await bench.IdentitiesAsync(Table)).Distinct().Count().ShouldBe(count);
    }
}
