using Confluent.Kafka;
using Google.Protobuf;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Recordings;
using Mesh.Storage;
using Mesh.Testing;

namespace Mesh.Catalogue.Tests;

public class CatalogueStageTests
{
    private readonly TestDatabase place;

    public CatalogueStageTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected CatalogueStageTests(TestDatabase place) => this.place = place;

    private static CancellationToken Timeout => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_set_becomes_a_snapshot_an_account_and_an_announcement()
    {
        await using var fixture = await CatalogueFixture.CreateAsync(place);
        await fixture.PublishAsync(await fixture.WrittenAsync(1));

        await fixture.RunUntilAsync(() => fixture.IsCommittedAsync(1));

        var table = await fixture.LoadAsync();
        table.CurrentSnapshot!.AddedRows.ShouldBe(10);
        SourceOffsets.Of(table).ShouldHaveSingleItem().Value.ShouldBe(1);
        SourceOffsets.Of(table).Keys.Single().ShouldMatch(@"^lake\.files-written\.v1-[01]$");

        var recording = (await fixture.Recordings.FindAsync(CatalogueFixture.Upload(1), Timeout))!;
        recording.MessagesIn.ShouldBe(12);
        recording.RowsOut.ShouldBe(10);
        recording.DeadLetters.ShouldBe(2);
        recording.Channels.ShouldHaveSingleItem().Channel.ShouldBe("/imu");
        recording.Losses.ShouldHaveSingleItem().Bytes.ShouldBe(7);

        var announced = (await fixture.AnnouncedAsync()).ShouldHaveSingleItem();
        announced.Table.ShouldBe(CatalogueFixture.Imu);
        announced.SnapshotId.ShouldBe(table.CurrentSnapshot.SnapshotId);
        announced.ParentSnapshotId.ShouldBe(0);
        announced.SequenceNumber.ShouldBe(1);
        announced.AddedRows.ShouldBe(10);
        announced.AddedFiles.ShouldBe(1);
        announced.AddedBytes.ShouldBe(CatalogueFixture.FileBytes);
        announced.TotalRows.ShouldBe(10);
        announced.MinLogTimeUs.ShouldBe(10_000_001);
        announced.MaxLogTimeUs.ShouldBe(11_000_001);
        announced.AddedDurationUs.ShouldBe(1_000_000);
        announced.IngestIds.ShouldBe([CatalogueFixture.Upload(1).ToString()]);
        announced.MetadataUri.ShouldBe(table.MetadataUri);
        announced.Operation.ShouldBe("append");
        announced.Topologies.ShouldBe(["fleet"]);
    }

    [Fact]
    public async Task What_waits_is_committed_together_and_durations_add_up()
    {
        await using var fixture = await CatalogueFixture.CreateAsync(place);
        for (int i = 1; i <= 20; i++) await fixture.PublishAsync(await fixture.WrittenAsync(i));

        await fixture.RunUntilAsync(() => fixture.IsCommittedAsync(20));

        var announced = await fixture.AnnouncedAsync();
        announced.Count.ShouldBeLessThan(10);
        announced.Sum(snapshot => snapshot.AddedRows).ShouldBe(200);
        announced.Sum(snapshot => snapshot.AddedDurationUs).ShouldBe(20_000_000);
        announced.SelectMany(snapshot => snapshot.IngestIds).Order().ShouldBe(Enumerable.Range(1, 20).Select(i => CatalogueFixture.Upload(i).ToString()).Order());
        (await fixture.LoadAsync()).CurrentSnapshot!.TotalRows.ShouldBe(200);
    }

    [Fact]
    public async Task The_same_event_twice_and_another_attempt_add_the_rows_once()
    {
        await using var fixture = await CatalogueFixture.CreateAsync(place);
        var first = await fixture.WrittenAsync(1);
        await fixture.PublishAsync(first);
        await fixture.PublishAsync(first);
        await fixture.RunUntilAsync(() => fixture.IsCommittedAsync(1));

        await fixture.PublishAsync(first);
        await fixture.PublishAsync(await fixture.WrittenAsync(1, attempt: "a2"));
        await fixture.PublishAsync(await fixture.WrittenAsync(2));
        await fixture.RunUntilAsync(() => fixture.IsCommittedAsync(2));

        (await fixture.LoadAsync()).CurrentSnapshot!.TotalRows.ShouldBe(20);
        (await fixture.AnnouncedAsync()).SelectMany(snapshot => snapshot.IngestIds).Count().ShouldBe(2);
        var files = await fixture.Catalogue.ListFilesAsync(TableIdentifier.Parse(CatalogueFixture.Imu), new ScanOptions(), Timeout);
        files.Select(file => file.Uri).ShouldContain(first.Files[0].Uri);
        (await fixture.LettersAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_restarted_stage_goes_on_after_what_it_has_committed()
    {
        await using var fixture = await CatalogueFixture.CreateAsync(place);
        await fixture.PublishAsync(await fixture.WrittenAsync(1));
        await fixture.RunUntilAsync(() => fixture.IsCommittedAsync(1));

        using var consumer = new ConsumerBuilder<Ignore, Ignore>(
            new ConsumerConfig { BootstrapServers = fixture.Kafka.Options.Bootstrap, GroupId = CatalogueStage.Group }).Build();
        var committed = consumer.Committed(
            [new TopicPartition(Topics.FilesWritten, 0), new TopicPartition(Topics.FilesWritten, 1)], TimeSpan.FromSeconds(30));

        committed.Sum(partition => Math.Max(0, partition.Offset.Value)).ShouldBe(1);
    }

    [Fact]
    public async Task A_recording_is_committed_when_all_its_tables_have_it()
    {
        await using var fixture = await CatalogueFixture.CreateAsync(place, "raw.imu", "raw.gnss");
        await fixture.PublishAsync(await fixture.WrittenAsync(1, "raw.imu", "a1", "raw.imu", "raw.gnss"));
        await fixture.RunUntilAsync(() => fixture.HasStateAsync(1, RecordingState.Written));
        (await fixture.IsCommittedAsync(1)).ShouldBeFalse();

        await fixture.PublishAsync(await fixture.WrittenAsync(1, "raw.gnss", "a1", "raw.imu", "raw.gnss"));
        await fixture.RunUntilAsync(() => fixture.IsCommittedAsync(1));

        (await fixture.LoadAsync("raw.gnss")).CurrentSnapshot!.TotalRows.ShouldBe(10);
    }

    [Fact]
    public async Task An_upload_without_rows_has_its_account_stored_and_no_snapshot()
    {
        await using var fixture = await CatalogueFixture.CreateAsync(place);
        await fixture.PublishAsync(await fixture.WrittenAsync(1, table: ""));

        await fixture.RunUntilAsync(() => fixture.IsCommittedAsync(1));

        (await fixture.AnnouncedAsync()).ShouldBeEmpty();
        (await fixture.LoadAsync()).CurrentSnapshot.ShouldBeNull();
    }

    [Fact]
    public async Task A_set_without_files_for_a_table_is_closed_without_a_snapshot()
    {
        await using var fixture = await CatalogueFixture.CreateAsync(place);
        var written = await fixture.WrittenAsync(1);
        written.Files.Clear();
        await fixture.PublishAsync(written);

        await fixture.RunUntilAsync(() => fixture.IsCommittedAsync(1));

        (await fixture.AnnouncedAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_list_of_files_is_read_by_reference()
    {
        await using var fixture = await CatalogueFixture.CreateAsync(place);
        var written = await fixture.WrittenAsync(1);
        var list = new FilesWritten { Files = { written.Files, await fixture.FileAsync(CatalogueFixture.Imu, 1) } };
        await fixture.Lake.PutAsync("lists/1", list.ToByteArray(), PutMode.IfAbsent, Timeout);
        written.Files.Clear();
        written.FilesUri = fixture.Lake.UriOf("lists/1");
        await fixture.PublishAsync(written);

        await fixture.RunUntilAsync(() => fixture.IsCommittedAsync(1));

        (await fixture.AnnouncedAsync()).ShouldHaveSingleItem().AddedFiles.ShouldBe(2);
        (await fixture.LoadAsync()).CurrentSnapshot!.TotalRows.ShouldBe(20);
    }

    [Fact]
    public async Task What_can_never_be_committed_becomes_a_dead_letter_and_holds_up_nothing()
    {
        await using var fixture = await CatalogueFixture.CreateAsync(place);
        var missing = await fixture.WrittenAsync(1);
        missing.Files[0].Uri += ".gone";
        var elsewhere = await fixture.WrittenAsync(2);
        elsewhere.FilesUri = "file:///etc/passwd";
        var unknown = await fixture.WrittenAsync(3, "raw.unknown");
        var nameless = await fixture.WrittenAsync(4);
        nameless.IngestId = "not an id";
        var closed = await fixture.WrittenAsync(5);
        closed.Account = null;
        foreach (var written in new[] { missing, elsewhere, unknown, nameless, closed }) await fixture.PublishAsync(written);
        using (var foreign = new ProducerBuilder<string, byte[]>(new ProducerConfig { BootstrapServers = fixture.Kafka.Options.Bootstrap }).Build())
        {
            await foreign.ProduceAsync(Topics.FilesWritten, new Message<string, byte[]> { Key = CatalogueFixture.Imu, Value = "junk"u8.ToArray() }, Timeout);
        }

        await fixture.PublishAsync(await fixture.WrittenAsync(6));

        await fixture.RunUntilAsync(async () =>
            await fixture.IsCommittedAsync(6) && await fixture.HasStateAsync(3, RecordingState.DeadLettered) && (await fixture.LettersAsync()).Count == 6);

        var letters = (await fixture.LettersAsync()).ToDictionary(letter => (letter.IngestId, letter.Code));
        string Id(int number) => CatalogueFixture.Upload(number).ToString();
        letters.Keys.ShouldBe([(Id(1), "MESH8106"), (Id(2), "MESH8001"), (Id(3), "MESH8102"), ("not an id", "MESH1001"), (Id(5), "MESH5002"), ("", "MESH5001")], ignoreOrder: true);
        letters[("", "MESH5001")].Payload.ToStringUtf8().ShouldBe("junk");
        var letter = letters[(Id(1), "MESH8106")];
        letter.Channel.ShouldBe(CatalogueFixture.Imu);
        letter.Sequence.ShouldBe(-1);
        letter.Source.Topic.ShouldBe(Topics.FilesWritten);
        FilesWritten.Parser.ParseFrom(letter.Payload).ShouldBe(missing);
        (await fixture.HasStateAsync(1, RecordingState.DeadLettered)).ShouldBeTrue();
        (await fixture.LoadAsync()).CurrentSnapshot!.TotalRows.ShouldBe(10);
    }

    [Fact]
    public async Task Trouble_of_the_surroundings_is_waited_out()
    {
        await using var fixture = await CatalogueFixture.CreateAsync(place);
        var disk = new FlakyObjectStore(fixture.Lake);
        await fixture.PublishAsync(await fixture.WrittenAsync(1));
        disk.FailNextWrites(3);

        await fixture.RunUntilAsync(
            () => fixture.IsCommittedAsync(1), fixture.Stage(disk, new TableCatalogue(fixture.Database, disk, TimeProvider.System)));

        disk.Failed.ShouldBe(3);
        (await fixture.AnnouncedAsync()).ShouldHaveSingleItem().AddedRows.ShouldBe(10);
        (await fixture.LettersAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Stopping_in_the_middle_of_trouble_leaves_the_event_for_the_next_run()
    {
        await using var fixture = await CatalogueFixture.CreateAsync(place);
        var disk = new FlakyObjectStore(fixture.Lake);
        await fixture.PublishAsync(await fixture.WrittenAsync(1));
        disk.FailNextWrites(int.MaxValue);

        await fixture.RunUntilAsync(
            () => Task.FromResult(disk.Failed >= 2), fixture.Stage(disk, new TableCatalogue(fixture.Database, disk, TimeProvider.System)));
        (await fixture.IsCommittedAsync(1)).ShouldBeFalse();

        await fixture.RunUntilAsync(() => fixture.IsCommittedAsync(1));
        (await fixture.AnnouncedAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task After_a_move_to_another_log_offsets_begin_again_and_nothing_is_lost_or_added_twice()
    {
        await using var fixture = await CatalogueFixture.CreateAsync(place);
        for (int i = 1; i <= 3; i++) await fixture.PublishAsync(await fixture.WrittenAsync(i));
        await fixture.RunUntilAsync(() => fixture.IsCommittedAsync(3));
        await fixture.MoveToAnotherLogAsync();

        await fixture.PublishAsync(await fixture.WrittenAsync(3, attempt: "a2"));
        await fixture.PublishAsync(await fixture.WrittenAsync(4));
        await fixture.RunUntilAsync(() => fixture.IsCommittedAsync(4));

        (await fixture.LoadAsync()).CurrentSnapshot!.TotalRows.ShouldBe(40);
        SourceOffsets.Of(await fixture.LoadAsync()).Values.ShouldBe([3]);
    }

    [Fact]
    public async Task Mutated_events_are_file_sets_or_refused_and_nothing_else()
    {
        await using var fixture = await CatalogueFixture.CreateAsync(place);
        byte[] valid = (await fixture.WrittenAsync(1)).ToByteArray();
        var random = new Random(20261122);
        int accepted = 0, refused = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = [.. valid];
            for (int flips = random.Next(4); flips > 0; flips--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            FilesWritten written;
            try
            {
                written = FilesWritten.Parser.ParseFrom(bytes);
            }
            catch (InvalidProtocolBufferException)
            {
                continue;
            }

            try
            {
                FileSet.From(new ConsumedEvent<FilesWritten>(default, "", bytes) { Value = written }, written.Files).Set.Files.Count.ShouldBe(written.Files.Count);
                accepted++;
            }
            catch (Model.MeshException exception)
            {
                exception.IsTransient.ShouldBeFalse();
                refused++;
            }
        }

        accepted.ShouldBeGreaterThan(1_000);
        refused.ShouldBeGreaterThan(1_000);
    }
}
