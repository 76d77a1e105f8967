using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Microsoft.Data.Sqlite;

namespace Mesh.Lakehouse.Recordings;

/// <summary>Recordings and their accounts, in the metadata database.</summary>
public sealed class RecordingStore
{
    /// <param name="database">Where; the store creates its tables.</param>
    /// <param name="time">Clock.</param>
    public RecordingStore(MetadataDatabase database, TimeProvider time) => throw new NotSupportedException();

    /// <summary>Adds a recording that has just become durable.</summary>
    /// <param name="entry">The recording, in state <see cref="RecordingState.Accepted"/>.</param>
    /// <param name="inSameTransaction">Adds the event to the outbox; not called for a duplicate.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>False when the ingest id is known: the duplicate is counted instead.</returns>
    public ValueTask<bool> TryAddAsync(RecordingEntry entry, Action<SqliteTransaction> inSameTransaction, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>A recording, or null.</summary>
    public ValueTask<RecordingEntry?> FindAsync(IngestId id, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Recordings, newest first; without losses, channels and tables.</summary>
    public ValueTask<IReadOnlyList<RecordingEntry>> ListAsync(int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>
    /// Stores the account of an attempt and, when the ledger has every table of it, marks the recording as committed. Idempotent: the
    /// account of the attempt that committed first stays.
    /// </summary>
    public void SetAccount(SqliteTransaction transaction, IngestId id, RecordingAccountEntry account) => throw new NotSupportedException();

    /// <summary>Marks a recording as unreadable. Idempotent.</summary>
    public ValueTask MarkDeadLetteredAsync(IngestId id, string reason, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Whether every table of the recording's account has its rows, or it is dead-lettered.</summary>
    public ValueTask<bool> IsFinishedAsync(IngestId id, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Finished recordings whose landing object may go: accepted before <paramref name="before"/> and not yet deleted.</summary>
    public ValueTask<IReadOnlyList<RecordingEntry>> ListExpiredAsync(DateTimeOffset before, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Notes that the landing object is gone.</summary>
    public ValueTask MarkLandingDeletedAsync(IngestId id, CancellationToken cancellationToken) => throw new NotSupportedException();
}
