using System.Globalization;
using Mesh.Columnar;
using Mesh.Faults.Tests.Support;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;
using Mesh.Storage;
using Mesh.Storage.S3;
using Mesh.Testing;

namespace Mesh.Faults.Tests;

/// <summary>Eight processes write to one table while others compact it and expire its snapshots, and all of them are killed at random.</summary>
public sealed class ContendedTableTests : IDisposable
{
    private const int Writers = 8;
    private static readonly TableIdentifier Contended = new("raw", "contended");
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task In_a_folder_under_SQLite()
    {
        Require.AtLeast(TestLevel.Default);
        var rows = await ContendAsync(TestDatabase.Sqlite, folder["lake"], new Dictionary<string, string>());
        (await ReadByIcebirdAsync()).ShouldBe(rows, ignoreOrder: true);
    }

    [Fact]
    public async Task In_a_folder_under_PostgreSQL()
    {
        Require.AtLeast(TestLevel.Full);
        var rows = await ContendAsync(TestDatabase.Postgres(), folder["lake"], new Dictionary<string, string>());
        (await ReadByIcebirdAsync()).ShouldBe(rows, ignoreOrder: true);
    }

    [Fact]
    public async Task In_a_bucket_under_SQLite()
    {
        Require.AtLeast(TestLevel.Full);
        var ceph = await CephGateway.SharedAsync();
        await ContendAsync(TestDatabase.Sqlite, $"s3://{await ceph.NewBucketAsync()}/lake", ceph.Environment);
    }

    [Fact]
    public async Task In_a_bucket_under_PostgreSQL()
    {
        Require.AtLeast(TestLevel.Default);
        var ceph = await CephGateway.SharedAsync();
        await ContendAsync(TestDatabase.Postgres(), $"s3://{await ceph.NewBucketAsync()}/lake", ceph.Environment);
    }

    private async Task<HashSet<(int Writer, int Set, long Row)>> ContendAsync(TestDatabase database, string storage, IReadOnlyDictionary<string, string> credentials)
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("MESH_TEST_SEED"), CultureInfo.InvariantCulture, out int given) ? given : Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"MESH_TEST_SEED={seed}");
        var random = new Random(seed);
        int kills = int.TryParse(Environment.GetEnvironmentVariable("MESH_KILLS"), CultureInfo.InvariantCulture, out int wanted) ? wanted : 30;
        var environment = new Dictionary<string, string>(credentials)
        {
            ["MESH_LAKE_CATALOGUE"] = database == TestDatabase.Sqlite ? folder["mesh.db"] : database.Connection,
            ["MESH_LAKE_SCHEMA"] = database.Schema,
            ["MESH_LAKE_STORAGE"] = storage,
        };
        var acknowledged = new HashSet<(int Writer, int Set)>();
        int[] next = new int[Writers];
        var working = new LakeWriterProcess[Writers + 2];
        LakeWriterProcess Begin(int role) => LakeWriterProcess.Start(environment, role switch
        {
            < Writers => ["append", $"{role}", $"{next[role]}"],
            Writers => ["compact", $"{seed}"],
            _ => ["expire", $"{seed}"],
        });
        void Note(int role)
        {
            foreach (int set in role < Writers ? working[role].Committed : [])
            {
                acknowledged.Add((role, set));

                // The one that was under way when it died is sent again, as a producer would: the ledger knows whether it is there.
                next[role] = Math.Max(next[role], set + 1);
            }
        }

        try
        {
            working[0] = Begin(0);
            await WaitUntilReadyAsync(working[0]);
            for (int role = 1; role < working.Length; role++) working[role] = Begin(role);
            for (int kill = 0; kill < kills; kill++)
            {
                await Task.Delay(random.Next(50, 600), TestContext.Current.CancellationToken);
                foreach (var process in working) process.MustBeAlive();
                int role = random.Next(working.Length);
                await working[role].KillAsync();
                Note(role);
                working[role].Dispose();
                working[role] = Begin(role);
            }

            // After the last fault everybody gets something done.
            for (int role = 0; role < working.Length; role++) await WaitUntilDoneSomethingAsync(working[role]);
            for (int role = 0; role < working.Length; role++)
            {
                await working[role].StopAsync();
                Note(role);
            }
        }
        finally
        {
            foreach (var process in working) process?.Dispose();
        }

        acknowledged.Count.ShouldBeGreaterThan(Writers * 2, "too little was written for the test to mean anything");
        return await HoldsExactlyAsync(database, storage, credentials, acknowledged, next, $"MESH_TEST_SEED={seed}");
    }

    /// <summary>Every acknowledged set is there once and whole, those under way at a kill are there whole or not at all, and nothing else is.</summary>
    private async Task<HashSet<(int Writer, int Set, long Row)>> HoldsExactlyAsync(
        TestDatabase where, string storage, IReadOnlyDictionary<string, string> credentials, HashSet<(int Writer, int Set)> acknowledged, int[] next, string hint)
    {
        using var database = where == TestDatabase.Sqlite ? MetadataDatabase.Open(folder["mesh.db"]) : MetadataDatabase.Connect(where.Connection, where.Schema);
        IObjectStore store = S3ObjectStore.IsUri(storage)
            ? await S3ObjectStore.OpenAsync(storage, new S3Options { Endpoint = credentials["AWS_ENDPOINT_URL"], Credentials = new S3Credentials(CephGateway.AccessKey, CephGateway.SecretKey) }, TimeProvider.System, TestContext.Current.CancellationToken)
            : new LocalObjectStore(storage);
        var tables = new TableCatalogue(database, store, TimeProvider.System);
        var rows = new HashSet<(int Writer, int Set, long Row)>();
        await foreach (var batch in tables.ScanAsync(Contended, new ScanOptions(), TestContext.Current.CancellationToken))
        {
            var (writer, set, row) = (batch["writer"].Values<int>().ToArray(), batch["set"].Values<int>().ToArray(), batch["row"].Values<long>().ToArray());
            for (int i = 0; i < batch.Length; i++) rows.Add((writer[i], set[i], row[i])).ShouldBeTrue($"({writer[i]}, {set[i]}, {row[i]}) is there twice; {hint}");
        }

        var sets = rows.GroupBy(row => (row.Writer, row.Set)).ToDictionary(group => group.Key, group => group.Count());
        foreach (var lost in acknowledged) sets.ShouldContainKey(lost, $"an acknowledged commit is lost; {hint}");
        foreach (var ((writer, set), count) in sets)
        {
            count.ShouldBe(2 * (1 + (((writer * 31) + (set * 7)) % 20)), $"set {set} of writer {writer}; {hint}");
            set.ShouldBeLessThanOrEqualTo(next[writer], $"nobody wrote set {set} of writer {writer}; {hint}");
        }

        var table = await tables.LoadAsync(Contended, TestContext.Current.CancellationToken);
        var added = new HashSet<string>(StringComparer.Ordinal);
        foreach (var snapshot in table.Snapshots.Where(snapshot => snapshot.ParentSnapshotId is { } parent && table.Snapshots.Any(other => other.SnapshotId == parent)))
        {
            var scan = new ScanOptions { SnapshotId = snapshot.SnapshotId, AfterSnapshotId = snapshot.ParentSnapshotId };
            foreach (var file in await tables.ListFilesAsync(Contended, scan, TestContext.Current.CancellationToken))
            {
                added.Add(file.Uri).ShouldBeTrue($"{file.Uri} is among the additions of two snapshots; {hint}");
            }
        }

        table.CurrentSnapshot!.TotalRows.ShouldBe(rows.Count, hint);
        (store as IDisposable)?.Dispose();
        return rows;
    }

    /// <summary>Rows as a reader finds them that knows only the table's folder.</summary>
    private async Task<List<(int Writer, int Set, long Row)>> ReadByIcebirdAsync()
    {
        var read = await NodeScript.RunAsync("iceberg-icebird.mjs", new Uri(folder["lake/raw/contended"]).AbsoluteUri);
        return [.. read.GetProperty("rows").EnumerateArray().Select(row => (row.GetProperty("writer").GetInt32(), row.GetProperty("set").GetInt32(), row.GetProperty("row").GetInt64()))];
    }

    private static async Task WaitUntilReadyAsync(LakeWriterProcess process) => await WaitAsync(process, () => process.Lines.Count > 0);

    private static async Task WaitUntilDoneSomethingAsync(LakeWriterProcess process) => await WaitAsync(process, () => process.Lines.Count > 1);

    private static async Task WaitAsync(LakeWriterProcess process, Func<bool> condition)
    {
        for (var deadline = System.Diagnostics.Stopwatch.StartNew(); !condition();)
        {
            process.MustBeAlive();
            Assert.True(deadline.Elapsed < TimeSpan.FromMinutes(3), "nothing was done within three minutes");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
