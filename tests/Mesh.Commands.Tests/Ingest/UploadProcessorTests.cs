using System.Text;
using Mesh.Commands.Ingest;
using Mesh.Formats.Mcap;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Streaming.Ingest;

namespace Mesh.Commands.Tests.Ingest;

public class UploadProcessorTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_upload_becomes_tables_whose_rows_and_account_agree_with_the_recording()
    {
        using var bench = new IngestBench();
        var upload = await bench.UploadAsync(await IngestBench.RecordingAsync(3000));

        var outcome = await bench.Processor.ProcessUploadAsync(upload, IngestBench.At(4), Token);
        await bench.CommitAsync(outcome.Events);

        outcome.Result.ShouldBe(UploadResult.Written);
        outcome.Events.Select(written => written.Table).ShouldBe(["raw.demo_msgs_point", "raw.raw"], ignoreOrder: true);
        var account = outcome.Events[0].Account;
        (account.MessagesIn, account.RowsOut, account.DeadLetters, account.NotSelected).ShouldBe((3000, 3000, 0, 0));
        account.Channels.Select(channel => (channel.Channel, channel.Table, channel.RowsOut)).ShouldBe(
            [("/left", "raw.demo_msgs_point", 1000L), ("/right", "raw.demo_msgs_point", 1000L), ("/raw", "raw.raw", 1000L)], ignoreOrder: true);
        outcome.Events[0].Tables.Count.ShouldBe(2);
        outcome.Events[0].Source.Offset.ShouldBe(4);

        var points = await bench.ScanAsync("raw.demo_msgs_point");
        points.Sum(batch => batch.Length).ShouldBe(2000);
        foreach (var batch in points)
        {
            for (int i = 0; i < batch.Length; i++)
            {
                double x = batch["x"].Values<double>()[i];
                batch["y"].Values<double>()[i].ShouldBe(-x);
                batch["log_time_ns"].Values<long>()[i].ShouldBe((long)IngestBench.StartNs + (long)x * 1000);
                batch["sequence"].Values<long>()[i].ShouldBe((long)x / 3);
            }
        }

        var entry = await bench.Recordings.FindAsync(IngestId.Parse(upload.IngestId), Token);
        entry!.State.ShouldBe(RecordingState.Committed);
        entry.RowsOut.ShouldBe(3000);
    }

    [Fact]
    public async Task A_redelivered_upload_is_skipped_once_it_is_finished()
    {
        using var bench = new IngestBench();
        var upload = await bench.UploadAsync(await IngestBench.RecordingAsync(300));
        var first = await bench.Processor.ProcessUploadAsync(upload, IngestBench.At(0), Token);

        // One of two tables has it: not finished, so it is done again, and only the missing table takes it.
        await bench.CommitAsync(first.Events[0]);
        var second = await bench.Processor.ProcessUploadAsync(upload, IngestBench.At(0), Token);
        second.Result.ShouldBe(UploadResult.Written);
        second.Events[0].AttemptId.ShouldNotBe(first.Events[0].AttemptId);
        var outcomes = await bench.CommitAsync(second.Events);
        outcomes.Count(outcome => outcome.Duplicates.Count == 1).ShouldBe(1);
        outcomes.Count(outcome => outcome.Accepted.Count == 1).ShouldBe(1);

        var third = await bench.Processor.ProcessUploadAsync(upload, IngestBench.At(0), Token);
        third.Result.ShouldBe(UploadResult.AlreadyFinished);
        third.Events.ShouldBeEmpty();
        var rows = (await bench.IdentitiesAsync("raw.demo_msgs_point")).Concat(await bench.IdentitiesAsync("raw.raw")).ToList();
        rows.Count.ShouldBe(300);
        rows.Distinct().Count().ShouldBe(300);
    }

    [Fact]
    public async Task A_changed_topology_of_the_same_version_finishes_what_was_half_committed_without_a_row_twice()
    {
        using var bench = new IngestBench(options: IngestBench.NewOptions() with { TopologyVersion = "1", Digest = "before" });
        using var changed = bench.NewProcessor(IngestBench.NewOptions() with { TopologyVersion = "1", Digest = "after" });
        var upload = await bench.UploadAsync(await IngestBench.RecordingAsync(300));
        var first = await bench.Processor.ProcessUploadAsync(upload, IngestBench.At(0), Token);
        await bench.CommitAsync(first.Events[0]);

        var second = await changed.ProcessUploadAsync(upload, IngestBench.At(0), Token);
        second.Result.ShouldBe(UploadResult.Written);
        (await bench.CommitAsync(second.Events)).Count(outcome => outcome.Accepted.Count == 1).ShouldBe(1);

        var rows = (await bench.IdentitiesAsync("raw.demo_msgs_point")).Concat(await bench.IdentitiesAsync("raw.raw")).ToList();
        (rows.Count, rows.Distinct().Count()).ShouldBe((300, 300));
        var run = (await bench.Recordings.FindAsync(IngestId.Parse(upload.IngestId), Token))!.Runs.ShouldHaveSingleItem();
        (run.State, run.Digest).ShouldBe((RecordingState.Committed, "before"));
    }

    [Fact]
    public async Task Another_version_writes_tables_of_its_own_beside_the_first_ones()
    {
        using var bench = new IngestBench(options: IngestBench.NewOptions() with { TopologyVersion = "1" });
        using var newer = bench.NewProcessor(IngestBench.NewOptions() with { TopologyVersion = "2", Tables = new TableNames("raw", 2) });
        var upload = await bench.UploadAsync(await IngestBench.RecordingAsync(300));
        foreach (var processor in new[] { bench.Processor, newer }) await bench.CommitAsync((await processor.ProcessUploadAsync(upload, IngestBench.At(0), Token)).Events);

        foreach (string table in new[] { "raw.demo_msgs_point", "raw.demo_msgs_point_v2" }) (await bench.IdentitiesAsync(table)).Count.ShouldBe(200);
        (await bench.Recordings.FindAsync(IngestId.Parse(upload.IngestId), Token))!.Runs.Select(run => run.State).ShouldBe([RecordingState.Committed, RecordingState.Committed]);
        (await newer.ProcessUploadAsync(upload, IngestBench.At(0), Token)).Result.ShouldBe(UploadResult.AlreadyFinished);
    }

    [Fact]
    public async Task Bad_messages_are_letters_and_the_account_says_so()
    {
        using var bench = new IngestBench();
        var upload = await bench.UploadAsync(await IngestBench.RecordingAsync(3000, everyBad: 100));

        var outcome = await bench.Processor.ProcessUploadAsync(upload, IngestBench.At(0), Token);

        // Every hundredth message is short; those of the schemaless channel are fine nevertheless.
        var account = outcome.Events[0].Account;
        account.DeadLetters.ShouldBe(20);
        account.RowsOut.ShouldBe(2980);
        bench.Letters.Count.ShouldBe(20);
        bench.Letters.ShouldAllBe(letter => letter.IngestId == upload.IngestId && letter.Stage == "decode" && letter.Topology == "test");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a shopping list")]
    public async Task What_is_no_recording_becomes_one_dead_letter_and_is_not_tried_again(string content)
    {
        using var bench = new IngestBench();
        var upload = await bench.UploadAsync(Encoding.UTF8.GetBytes(content));

        var outcome = await bench.Processor.ProcessUploadAsync(upload, IngestBench.At(3), Token);

        (outcome.Result, outcome.Attempts).ShouldBe((UploadResult.DeadLettered, 1));
        var letter = bench.Letters.ShouldHaveSingleItem();
        (letter.Stage, letter.Channel, letter.Sequence, letter.PayloadUri).ShouldBe(("decode", "", -1, upload.Uri));
        letter.Code.ShouldBe(outcome.Code);
        var entry = await bench.Recordings.FindAsync(IngestId.Parse(upload.IngestId), Token);
        entry!.State.ShouldBe(RecordingState.DeadLettered);
        (await bench.Processor.ProcessUploadAsync(upload, IngestBench.At(3), Token)).Result.ShouldBe(UploadResult.AlreadyFinished);
    }

    [Fact]
    public async Task A_recording_without_messages_is_announced_without_a_table()
    {
        using var bench = new IngestBench();
        var upload = await bench.UploadAsync(await IngestBench.RecordingAsync(0));

        var outcome = await bench.Processor.ProcessUploadAsync(upload, IngestBench.At(0), Token);

        var written = outcome.Events.ShouldHaveSingleItem();
        written.Table.ShouldBe("");
        written.Tables.ShouldBeEmpty();
        written.Account.MessagesIn.ShouldBe(0);
    }

    [Fact]
    public async Task A_store_that_is_away_for_a_moment_only_costs_attempts()
    {
        using var bench = new IngestBench(lake => new FlakyObjectStore(lake, failures: 3, transient: true));
        var upload = await bench.UploadAsync(await IngestBench.RecordingAsync(300));

        var outcome = await bench.Processor.ProcessUploadAsync(upload, IngestBench.At(0), Token);
        await bench.CommitAsync(outcome.Events);

        (outcome.Result, outcome.Attempts).ShouldBe((UploadResult.Written, 4));
        bench.Letters.ShouldBeEmpty();
        (await bench.IdentitiesAsync("raw.demo_msgs_point")).Count.ShouldBe(200);
    }

    [Fact]
    public async Task A_failure_that_no_retry_helps_is_a_dead_letter_of_its_stage_and_the_next_upload_goes_on()
    {
        using var bench = new IngestBench(lake => new FlakyObjectStore(lake, failures: 1, transient: false));
        var first = await bench.UploadAsync(await IngestBench.RecordingAsync(300));
        var second = await bench.UploadAsync(await IngestBench.RecordingAsync(301));

        (await bench.Processor.ProcessUploadAsync(first, IngestBench.At(0), Token)).Result.ShouldBe(UploadResult.DeadLettered);
        (await bench.Processor.ProcessUploadAsync(second, IngestBench.At(1), Token)).Result.ShouldBe(UploadResult.Written);

        var letter = bench.Letters.ShouldHaveSingleItem();
        (letter.Stage, letter.Code).ShouldBe(("partition", "MESH8099"));
    }

    [Fact]
    public async Task An_upload_of_another_lake_and_an_event_without_an_id_are_letters()
    {
        using var bench = new IngestBench();
        var stranger = new UploadAccepted { IngestId = new string('a', 64), Uri = bench.Landing.UriOf("x.mcap"), VehicleId = "V9" };

        (await bench.Processor.ProcessUploadAsync(stranger, IngestBench.At(0), Token)).Code.ShouldBe("MESH2105");
        (await bench.Processor.ProcessUploadAsync(new UploadAccepted { IngestId = "?" }, IngestBench.At(1), Token)).Code.ShouldBe("MESH2104");
        bench.Letters.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_large_set_is_referred_to_instead_of_carried()
    {
        using var bench = new IngestBench(options: IngestBench.NewOptions() with { MaxInlineFiles = 0 });
        var upload = await bench.UploadAsync(await IngestBench.RecordingAsync(300));

        var outcome = await bench.Processor.ProcessUploadAsync(upload, IngestBench.At(0), Token);
        await bench.CommitAsync(outcome.Events);

        outcome.Events.ShouldAllBe(written => written.Files.Count == 0 && written.FilesUri.Length > 0);
        (await bench.IdentitiesAsync("raw.demo_msgs_point")).Count.ShouldBe(200);
    }

    [Fact]
    public async Task Many_uploads_at_once_under_a_tiny_budget_all_arrive_whole()
    {
        using var bench = new IngestBench(options: IngestBench.NewOptions() with { MemoryBytes = 1 << 20, Parallelism = 8 });
        var uploads = new List<UploadAccepted>();
        for (int i = 0; i < 8; i++) uploads.Add(await bench.UploadAsync(await IngestBench.RecordingAsync(5000), $"V{i}"));

        var outcomes = await Task.WhenAll(uploads.Select((upload, i) => bench.Processor.ProcessUploadAsync(upload, IngestBench.At(i), Token)));
        foreach (var outcome in outcomes) await bench.CommitAsync(outcome.Events);

        var rows = await bench.IdentitiesAsync("raw.demo_msgs_point");
        rows.Count.ShouldBe(8 * 3334);
        rows.Distinct().Count().ShouldBe(rows.Count);
    }

    [Fact]
    public async Task Cancelled_in_the_middle_it_stops_and_the_same_upload_goes_through_afterwards()
    {
        using var bench = new IngestBench();
        var upload = await bench.UploadAsync(await IngestBench.RecordingAsync(20_000));
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(3));

        try
        {
            await bench.Processor.ProcessUploadAsync(upload, IngestBench.At(0), cancellation.Token);
        }
        catch (OperationCanceledException)
        {
            // Whether it was fast enough does not matter.
        }

        var outcome = await bench.Processor.ProcessUploadAsync(upload, IngestBench.At(0), Token);
        outcome.Events[0].Account.RowsOut.ShouldBe(20_000);
        bench.Letters.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(McapCompression.Lz4, 11)]
    [InlineData(McapCompression.Zstd, 12)]
    public async Task Whatever_the_damage_every_message_read_is_in_the_lake_or_in_a_letter(McapCompression compression, int seed)
    {
        using var bench = new IngestBench();
        byte[] intact = await IngestBench.RecordingAsync(900, everyBad: 50, new McapWriterOptions { ChunkBytes = 2048, Compression = compression });
        var random = new Random(seed);
        var expected = new Dictionary<string, long>();
        int withLoss = 0;
        for (int round = 0; round < 12; round++)
        {
            byte[] bytes = [.. intact];
            for (int flips = 0; flips < round; flips++) bytes[random.Next(100, bytes.Length)] ^= (byte)random.Next(1, 256);
            var upload = await bench.UploadAsync(random.Next(3) == 0 ? bytes[..random.Next(500, bytes.Length)] : bytes);
            bench.Letters.Clear();
            var outcome = await bench.Processor.ProcessUploadAsync(upload, IngestBench.At(round), Token);
            if (outcome.Result != UploadResult.Written) continue;

            var account = outcome.Events[0].Account;
            account.MessagesIn.ShouldBe(account.RowsOut + account.DeadLetters);
            account.DeadLetters.ShouldBe(bench.Letters.Sum(letter => letter.Count));
            if (account.Losses.Count > 0) withLoss++;
            await bench.CommitAsync(outcome.Events);
            expected[upload.IngestId] = account.RowsOut;
        }

        withLoss.ShouldBeGreaterThan(3);
        var rows = (await bench.IdentitiesAsync("raw.demo_msgs_point")).Concat(await bench.IdentitiesAsync("raw.raw")).ToList();
        rows.Distinct().Count().ShouldBe(rows.Count);
        rows.GroupBy(row => row.Recording).ToDictionary(group => group.Key, group => (long)group.Count())
            .ShouldBe(expected.Where(pair => pair.Value > 0).ToDictionary(), ignoreOrder: true);
    }
}
