using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Manifests;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Testing;

namespace Mesh.Lakehouse.Tests;

public class TableCatalogueAppendTests : IDisposable
{
    private static readonly TableIdentifier Imu = LakeFixture.Imu;
    private readonly LakeFixture lake;

    public TableCatalogueAppendTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected TableCatalogueAppendTests(TestDatabase place) => lake = new LakeFixture(null, place);

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task An_append_adds_one_snapshot_with_its_files_and_a_summary_that_adds_up()
    {
        await lake.CreateImuAsync(new PartitionField("log_time", PartitionTransform.Day), new PartitionField("vehicle_id", PartitionTransform.Bucket, 16));
        var first = await lake.FakeFileAsync(Imu, 10, 20779, 3);
        var second = await lake.FakeFileAsync(Imu, 5, 20780, null);
        var outcome = await Append(LakeFixture.Set("a", first), LakeFixture.Set("b", second));
        await Append(LakeFixture.Set("c", await lake.FakeFileAsync(Imu, 7, 20780, 1)));

        outcome.Accepted.ShouldBe([LakeFixture.Ingest("a"), LakeFixture.Ingest("b")]);
        outcome.Duplicates.ShouldBeEmpty();
        outcome.Snapshot!.Summary["added-records"].ShouldBe("15");
        outcome.Snapshot.Summary["changed-partition-count"].ShouldBe("2");
        outcome.Snapshot.Summary["mesh.ingest-count"].ShouldBe("2");
        outcome.Snapshot.Summary["mesh.ingest-digest"].Length.ShouldBe(64);

        var table = await lake.Catalogue.LoadAsync(Imu, None);
        table.CurrentSnapshot!.ParentSnapshotId.ShouldBe(outcome.Snapshot.SnapshotId);
        table.CurrentSnapshot.TotalRows.ShouldBe(22);
        table.CurrentSnapshot.Summary["total-data-files"].ShouldBe("3");
        table.CurrentSnapshot.Summary["total-files-size"].ShouldBe("300");
        var files = await lake.Catalogue.ListFilesAsync(Imu, new ScanOptions(), None);
        files.Count.ShouldBe(3);
        var read = files.Single(file => file.Uri == first.Uri);
        read.Partition.ShouldBe([20779, 3]);
        read.SplitOffsets.ShouldBe([4L]);
        read.Columns.Select(column => (column.FieldId, column.ValueCount, column.NullCount, column.NanCount, column.ColumnBytes))
            .ShouldBe([(3, 10, 0, 0, 50), (5, 10, 1, 2, 40)]);
        read.Columns[0].UpperBound.ShouldBe(BitConverter.GetBytes(9L));
        files.Single(file => file.Uri == second.Uri).Partition.ShouldBe([20780, null]);
    }

    [Fact]
    public async Task The_same_upload_is_added_once_in_one_request_and_across_requests()
    {
        await lake.CreateImuAsync();
        var outcome = await Append(LakeFixture.Set("a", await lake.FakeFileAsync(Imu)), LakeFixture.Set("a", await lake.FakeFileAsync(Imu)));
        outcome.Accepted.Count.ShouldBe(1);
        outcome.Duplicates.ShouldBe([LakeFixture.Ingest("a")]);

        int calls = 0;
        var again = await lake.Catalogue.AppendAsync(Imu, new AppendRequest
        {
            Sets = [LakeFixture.Set("a", await lake.FakeFileAsync(Imu)) with { AttemptId = "attempt-2" }],
            OnCommitting = (_, _, _) => Task.FromResult(calls++),
        }, None);
        again.Snapshot.ShouldBeNull();
        again.Duplicates.ShouldBe([LakeFixture.Ingest("a")]);
        calls.ShouldBe(0);
        (await Rows()).ShouldBe(10);

        var otherVersion = await Append(LakeFixture.Set("a", await lake.FakeFileAsync(Imu)) with { TopologyVersion = "v2" });
        otherVersion.Accepted.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_set_without_files_makes_no_snapshot_but_is_remembered()
    {
        await lake.CreateImuAsync();
        var outcome = await Append(LakeFixture.Set("empty"));
        outcome.Accepted.Count.ShouldBe(1);
        outcome.Snapshot.ShouldBeNull();
        outcome.Table.Snapshots.ShouldBeEmpty();
        (await Append(LakeFixture.Set("empty", await lake.FakeFileAsync(Imu)))).Duplicates.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Source_offsets_are_merged_carried_forward_and_never_lowered()
    {
        await lake.CreateImuAsync();
        await lake.Catalogue.AppendAsync(Imu, new AppendRequest { Sets = [], SourceOffsets = Offsets(("t-0", 10), ("t-1", 5)) }, None);
        await lake.Catalogue.AppendAsync(Imu, new AppendRequest
        {
            Sets = [LakeFixture.Set("a", await lake.FakeFileAsync(Imu))], SourceOffsets = Offsets(("t-0", 7), ("t-2", 1)),
        }, None);
        await Append(LakeFixture.Set("b", await lake.FakeFileAsync(Imu)));
        await lake.Catalogue.EnsureAsync(Imu, LakeFixture.Definition(new Columnar.Schema([.. LakeFixture.ImuSchema.Fields, new("new", Columnar.DataType.Int32)])), SchemaChangePolicy.Evolve, None);

        SourceOffsets.Of(await lake.Catalogue.LoadAsync(Imu, None)).ShouldBe(Offsets(("t-0", 10), ("t-1", 5), ("t-2", 1)));
        var idle = await lake.Catalogue.AppendAsync(Imu, new AppendRequest { Sets = [], SourceOffsets = Offsets(("t-0", 10)) }, None);
        idle.Table.MetadataUri.ShouldBe((await lake.Catalogue.LoadAsync(Imu, None)).MetadataUri);
    }

    [Fact]
    public async Task What_is_done_while_committing_shares_the_commits_fate()
    {
        await lake.CreateImuAsync();
        using var outbox = new Outbox(lake.Database);
        var set = LakeFixture.Set("a", await lake.FakeFileAsync(Imu));
        await Should.ThrowAsync<InvalidOperationException>(async () => await lake.Catalogue.AppendAsync(Imu, new AppendRequest
        {
            Sets = [set],
            OnCommitting = async (transaction, _, _) =>
            {
                await Outbox.AddAsync(transaction, "t", "k", "e", []);
                throw new InvalidOperationException();
            },
        }, None));
        (await Rows()).ShouldBe(0);
        (await outbox.PeekAsync(10, None)).ShouldBeEmpty();

        Table? seen = null;
        var outcome = await lake.Catalogue.AppendAsync(Imu, new AppendRequest
        {
            Sets = [set],
            OnCommitting = async (transaction, table, _) =>
            {
                seen = table;
                await Outbox.AddAsync(transaction, "t", "k", "e", []);
            },
        }, None);
        seen!.CurrentSnapshot.ShouldBe(outcome.Snapshot);
        (await outbox.PeekAsync(10, None)).Count.ShouldBe(1);
        (await Rows()).ShouldBe(10);
    }

    [Fact]
    public async Task A_failure_at_any_put_leaves_the_table_as_it_was_and_the_retry_adds_everything_once()
    {
        await lake.CreateImuAsync();
        await Append(LakeFixture.Set("before", await lake.FakeFileAsync(Imu)));
        int failures = 0;
        for (int failAt = 0; ; failAt++)
        {
            var faulty = new FaultyStore(lake.Store, failAt);
            var catalogue = new TableCatalogue(lake.Database, faulty, lake.Time);
            var set = LakeFixture.Set($"upload-{failAt}", await lake.FakeFileAsync(Imu));
            long before = await Rows();
            try
            {
                await catalogue.AppendAsync(Imu, LakeFixture.Request(set), None);
            }
            catch (MeshException exception) when (exception.Code == "MESH8022")
            {
                failures++;
                (await Rows()).ShouldBe(before);
                (await lake.Catalogue.AppendAsync(Imu, LakeFixture.Request(set), None)).Accepted.Count.ShouldBe(1);
            }

            (await Rows()).ShouldBe(before + 10);
            (await lake.Catalogue.AppendAsync(Imu, LakeFixture.Request(set), None)).Duplicates.Count.ShouldBe(1);
            if (!faulty.Failed) break;
        }

        // Manifest, manifest list and metadata; the two puts for the hint fail without harm.
        failures.ShouldBe(3);
        await EveryFileIsInExactlyOneSnapshot();
    }

    [Fact]
    public async Task Two_catalogues_appending_at_once_lose_nothing_and_add_nothing_twice()
    {
        await lake.CreateImuAsync();
        var others = Enumerable.Range(0, 3).Select(_ => new TableCatalogue(lake.OpenDatabase(), lake.Store, lake.Time, new TableCatalogueOptions { MaxCommitAttempts = 1000 })).ToList();
        int accepted = 0;
        await Task.WhenAll(Enumerable.Range(0, 60).Select(i => Task.Run(async () =>
        {
            // Every upload is offered by two catalogues, each with its own files.
            var outcome = await others[i % 3].AppendAsync(Imu, LakeFixture.Request(LakeFixture.Set($"u{i / 2}", await lake.FakeFileAsync(Imu))), None);
            Interlocked.Add(ref accepted, outcome.Accepted.Count);
        }, None)));

        accepted.ShouldBe(30);
        (await Rows()).ShouldBe(300);
        await EveryFileIsInExactlyOneSnapshot();
        var sequence = (await lake.Catalogue.LoadAsync(Imu, None)).Snapshots.Select(snapshot => snapshot.SequenceNumber);
        sequence.ShouldBe(Enumerable.Range(1, 30).Select(i => (long)i));
    }

    [Fact]
    public async Task Small_manifests_are_merged_and_their_files_keep_the_snapshot_that_added_them()
    {
        var merging = new TableCatalogue(lake.Database, lake.Store, lake.Time, new TableCatalogueOptions { MaxSmallManifests = 5 });
        await lake.CreateImuAsync();
        var snapshots = new List<Snapshot>();
        for (int i = 0; i < 23; i++) snapshots.Add((await merging.AppendAsync(Imu, LakeFixture.Request(LakeFixture.Set($"{i}", await lake.FakeFileAsync(Imu, i + 1))), None)).Snapshot!);

        var list = await merging.ReadManifestListAsync(snapshots[^1], None);
        list.Count.ShouldBeLessThanOrEqualTo(5);
        list.Sum(manifest => manifest.AddedFiles + manifest.ExistingFiles).ShouldBe(23);
        foreach (var manifest in list)
        {
            var entries = await merging.ReadManifestAsync((await merging.LoadStateAsync(Imu, None)).Metadata, manifest, None);
            entries.ShouldAllBe(entry => entry.SequenceNumber == snapshots.Single(snapshot => snapshot.SnapshotId == entry.SnapshotId).SequenceNumber);
            entries.Min(entry => entry.SequenceNumber).ShouldBe(manifest.MinSequenceNumber);
        }

        for (int i = 0; i < 23; i++)
        {
            var added = await merging.ListFilesAsync(Imu, new ScanOptions { AfterSnapshotId = snapshots[i].SnapshotId }, None);
            added.Select(file => file.RowCount).Order().ShouldBe(Enumerable.Range(i + 2, 22 - i).Select(rows => (long)rows));
            var upTo = await merging.ListFilesAsync(Imu, new ScanOptions { SnapshotId = snapshots[i].SnapshotId }, None);
            upTo.Count.ShouldBe(i + 1);
        }

        await EveryFileIsInExactlyOneSnapshot();
    }

    [Fact]
    public async Task A_snapshot_that_is_unknown_or_no_ancestor_is_an_error_and_not_an_empty_answer()
    {
        await lake.CreateImuAsync();
        var first = (await Append(LakeFixture.Set("a", await lake.FakeFileAsync(Imu)))).Snapshot!;
        var second = (await Append(LakeFixture.Set("b", await lake.FakeFileAsync(Imu)))).Snapshot!;
        foreach (var options in new[]
        {
            new ScanOptions { SnapshotId = 1 }, new ScanOptions { AfterSnapshotId = 1 },
            new ScanOptions { AfterSnapshotId = second.SnapshotId, SnapshotId = first.SnapshotId },
        })
        {
            (await Should.ThrowAsync<MeshException>(async () => await lake.Catalogue.ListFilesAsync(Imu, options, None))).Code.ShouldBe("MESH8105");
        }

        (await lake.Catalogue.ListFilesAsync(Imu, new ScanOptions { AfterSnapshotId = second.SnapshotId }, None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_that_is_missing_cut_elsewhere_or_wrongly_partitioned_is_refused_and_nothing_committed()
    {
        await lake.CreateImuAsync(new PartitionField("log_time", PartitionTransform.Day));
        var good = await lake.FakeFileAsync(Imu, 10, 20779);
        var elsewhere = await lake.FakeFileAsync(new TableIdentifier("raw", "imu2"), 10, 20779);
        foreach (var bad in new[]
        {
            good with { Uri = good.Uri + "x" }, good with { FileBytes = 99 }, good with { Partition = [] }, good with { Partition = ["2026-11-22"] }, elsewhere,
        })
        {
            (await Should.ThrowAsync<MeshException>(async () => await Append(LakeFixture.Set("a", bad)))).Code.ShouldBe("MESH8106");
        }

        (await Should.ThrowAsync<MeshException>(async () => await Append(LakeFixture.Set("a", good), LakeFixture.Set("b", good)))).Code.ShouldBe("MESH8106");
        (await lake.Catalogue.LoadAsync(Imu, None)).Snapshots.ShouldBeEmpty();
        (await Append(LakeFixture.Set("a", good))).Accepted.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Old_metadata_files_go_and_every_one_the_table_still_names_is_there()
    {
        var catalogue = new TableCatalogue(lake.Database, lake.Store, lake.Time, new TableCatalogueOptions { MaxPreviousMetadataFiles = 3 });
        await lake.CreateImuAsync();
        for (int i = 0; i < 15; i++) await catalogue.AppendAsync(Imu, LakeFixture.Request(LakeFixture.Set($"{i}", await lake.FakeFileAsync(Imu))), None);

        var metadata = (await catalogue.LoadStateAsync(Imu, None)).Metadata;
        metadata.MetadataLog.Count.ShouldBe(3);
        foreach (var entry in metadata.MetadataLog) (await lake.Store.GetSizeAsync(lake.Store.KeyOf(entry.MetadataUri), None)).ShouldNotBeNull();
        Directory.GetFiles(lake.Folder["lake", "raw", "imu", "metadata"], "000*.metadata.json").Length.ShouldBe(4);
        File.ReadAllText(lake.Folder["lake", "raw", "imu", "metadata", "version-hint.text"]).ShouldBe("16");
        File.Exists(lake.Folder["lake", "raw", "imu", "metadata", "v16.metadata.json"]).ShouldBeTrue();
    }

    [Fact]
    public async Task A_process_killed_between_the_swap_and_the_version_hint_is_made_good_by_the_replay()
    {
        await lake.CreateImuAsync();
        var set = LakeFixture.Set("a", await lake.FakeFileAsync(Imu));
        await new TableCatalogue(lake.Database, new FaultyStore(lake.Store, 3), lake.Time).AppendAsync(Imu, LakeFixture.Request(set), None);
        string hint = lake.Folder["lake", "raw", "imu", "metadata", "version-hint.text"];
        File.ReadAllText(hint).ShouldBe("1");

        var restarted = new TableCatalogue(lake.Database, lake.Store, lake.Time);
        (await restarted.AppendAsync(Imu, LakeFixture.Request(set), None)).Duplicates.Count.ShouldBe(1);
        File.ReadAllText(hint).ShouldBe("2");
        File.Exists(lake.Folder["lake", "raw", "imu", "metadata", "v2.metadata.json"]).ShouldBeTrue();
    }

    [Fact]
    public async Task Many_snapshots_stay_readable_and_their_ids_exact_for_readers_with_doubles()
    {
        Require.AtLeast(TestLevel.Default);
        const int Commits = 150;
        await lake.CreateImuAsync();
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        for (int i = 0; i < Commits; i++) await Append(LakeFixture.Set($"{i}", await lake.FakeFileAsync(Imu)));
        TestContext.Current.SendDiagnosticMessage($"{Commits} commits in {System.Diagnostics.Stopwatch.GetElapsedTime(start)}");

        var fresh = await new TableCatalogue(lake.Database, lake.Store, lake.Time).LoadAsync(Imu, None);
        fresh.Snapshots.Count.ShouldBe(Commits);
        fresh.Snapshots.ShouldAllBe(snapshot => snapshot.SnapshotId > 0 && snapshot.SnapshotId < 1L << 53);
        fresh.CurrentSnapshot!.TotalRows.ShouldBe(10 * Commits);
        (await lake.Catalogue.ReadManifestListAsync(fresh.CurrentSnapshot, None)).Count.ShouldBeLessThanOrEqualTo(100);
        (await Rows()).ShouldBe(10 * Commits);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_does_not_make_history_run_backwards()
    {
        await lake.CreateImuAsync();
        await Append(LakeFixture.Set("a", await lake.FakeFileAsync(Imu)));
        lake.Time.Advance(TimeSpan.FromHours(-5));
        await Append(LakeFixture.Set("b", await lake.FakeFileAsync(Imu)));
        var snapshots = (await lake.Catalogue.LoadAsync(Imu, None)).Snapshots;
        snapshots[1].CommittedAt.ShouldBeGreaterThanOrEqualTo(snapshots[0].CommittedAt);
    }

    private ValueTask<AppendOutcome> Append(params IngestSet[] sets) => lake.Catalogue.AppendAsync(Imu, LakeFixture.Request(sets), None);

    private async Task<long> Rows() => (await lake.Catalogue.ListFilesAsync(Imu, new ScanOptions(), None)).Sum(file => file.RowCount);

    /// <summary>Invariant 2, and that the ledger and the snapshots agree.</summary>
    private async Task EveryFileIsInExactlyOneSnapshot()
    {
        var state = await lake.Catalogue.LoadStateAsync(Imu, None);
        var added = new List<string>();
        foreach (var snapshot in state.Metadata.Snapshots)
        {
            foreach (var manifest in await lake.Catalogue.ReadManifestListAsync(snapshot, None))
            {
                if (manifest.AddedSnapshotId != snapshot.SnapshotId) continue;
                var entries = await lake.Catalogue.ReadManifestAsync(state.Metadata, manifest, None);
                added.AddRange(entries.Where(entry => entry.Status == ManifestEntryStatus.Added).Select(entry => entry.File.Uri));
            }
        }

        added.ShouldBeUnique();
        var live = (await lake.Catalogue.ListFilesAsync(Imu, new ScanOptions(), None)).Select(file => file.Uri).ToList();
        live.Order().ShouldBe(added.Order());
        var ledger = await lake.Database.ReadAsync(session => session.QueryAsync<long>("SELECT DISTINCT snapshot_id FROM ledger WHERE snapshot_id IS NOT NULL"), None);
        ledger.Order().ShouldBe(state.Metadata.Snapshots.Select(snapshot => snapshot.SnapshotId).Order());
    }

    private static Dictionary<string, long> Offsets(params (string Partition, long Offset)[] offsets) => offsets.ToDictionary(entry => entry.Partition, entry => entry.Offset);

    /// <summary>A store whose n-th put fails.</summary>
    private sealed class FaultyStore(IObjectStore inner, int failAt) : IObjectStore
    {
        private int puts;

        public bool Failed { get; private set; }

        public string RootUri => inner.RootUri;

        public string UriOf(string key) => inner.UriOf(key);

        public string KeyOf(string uri) => inner.KeyOf(uri);

        public ValueTask<ObjectWriter> CreateAsync(string key, PutMode mode, CancellationToken cancellationToken) => inner.CreateAsync(key, mode, cancellationToken);

        public ValueTask PutAsync(string key, ReadOnlyMemory<byte> content, PutMode mode, CancellationToken cancellationToken)
        {
            if (puts++ != failAt) return inner.PutAsync(key, content, mode, cancellationToken);
            Failed = true;
            throw new MeshException("MESH8022", "planned failure", isTransient: true);
        }

        public ValueTask ImportFileAsync(string path, string key, CancellationToken cancellationToken) => inner.ImportFileAsync(path, key, cancellationToken);

        public ValueTask<IByteSource> OpenAsync(string key, CancellationToken cancellationToken) => inner.OpenAsync(key, cancellationToken);

        public ValueTask<long?> GetSizeAsync(string key, CancellationToken cancellationToken) => inner.GetSizeAsync(key, cancellationToken);

        public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);

        public ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => inner.DeleteAsync(key, cancellationToken);
    }
}
