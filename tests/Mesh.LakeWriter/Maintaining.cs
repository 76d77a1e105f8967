using Mesh.Lakehouse.Maintenance;
using Mesh.Model;

namespace Mesh.LakeWriter;

/// <summary>Compacts the contended table and expires its snapshots, again and again, beside those who write to it.</summary>
internal static class Maintaining
{
    public static Task CompactAsync(WriterLake lake, CancellationToken cancellationToken) => RepeatAsync("compacted", async () =>
    {
        var compaction = new Compaction(lake.Tables, lake.Store, new CompactionOptions { MinInputFiles = 3, GroupBytes = 100_000, CommitBytes = 100_000 });
        await compaction.RunAsync(WriterLake.Table, dryRun: false, cancellationToken);
    }, cancellationToken);

    public static Task ExpireAsync(WriterLake lake, CancellationToken cancellationToken) => RepeatAsync("expired", async () =>
    {
        var expiry = new SnapshotExpiry(lake.Tables, lake.Store, TimeProvider.System);
        await expiry.RunAsync(WriterLake.Table, new ExpiryOptions { MaxAge = TimeSpan.FromSeconds(2), MinCount = 5 }, dryRun: false, cancellationToken);
    }, cancellationToken);

    private static async Task RepeatAsync(string what, Func<Task> work, CancellationToken cancellationToken)
    {
        Console.WriteLine("ready");
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await work();
                Console.WriteLine(what);
            }
            catch (MeshException exception) when (exception.IsTransient || exception.Code == "MESH8115")
            {
                // Somebody was faster: the next round sees what there is then.
            }

            await Task.Delay(100, cancellationToken);
        }
    }
}
