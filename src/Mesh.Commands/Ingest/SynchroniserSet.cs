using System.Runtime.CompilerServices;
using Mesh.Columnar;
using Mesh.Lakehouse;
using Mesh.Streaming.Ingest;
using Mesh.Synchronise;

namespace Mesh.Commands.Ingest;

/// <summary>The synchronisers of one attempt: one per item of the topology's section.</summary>
internal sealed class SynchroniserSet(IReadOnlyList<SynchroniseOptions> groups, UploadContext upload) : IAsyncDisposable
{
    private readonly (string Name, Synchroniser Synchroniser)[] synchronisers =
    [
        .. groups.Select(group => (group.Name, new Synchroniser(group, upload.IngestId.ToString(), upload.VehicleId))),
    ];

    /// <summary>Frames made so far.</summary>
    public long Frames => synchronisers.Sum(item => item.Synchroniser.Frames);

    /// <summary>Rows made so far of the tables of samples that are in no frame.</summary>
    public long UnmatchedRows => synchronisers.Sum(item => item.Synchroniser.UnmatchedRows);

    /// <summary>What became of the inputs of each group; complete once every frame has been made.</summary>
    public IEnumerable<(string Group, Synchroniser Synchroniser)> Groups => synchronisers;

    public async ValueTask AddAsync(ChannelBatch batch, CancellationToken cancellationToken)
    {
        foreach (var (_, synchroniser) in synchronisers)
        {
            if (synchroniser.Wants(batch.Channel)) await synchroniser.AddAsync(batch, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Makes the frames, once every batch has been added.</summary>
    public async IAsyncEnumerable<(TableIdentifier Table, RecordBatch Frames)> CompleteAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var (name, synchroniser) in synchronisers)
        {
            var table = upload.Tables.OfSynchronised(name);
            var unmatched = upload.Tables.OfUnmatched(name);
            await foreach (var rows in synchroniser.CompleteAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return (rows.Table == SynchronisedTable.Frames ? table : unmatched, rows.Batch);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, synchroniser) in synchronisers) await synchroniser.DisposeAsync().ConfigureAwait(false);
    }
}
