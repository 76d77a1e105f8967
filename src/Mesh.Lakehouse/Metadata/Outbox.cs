using Microsoft.Data.Sqlite;

namespace Mesh.Lakehouse.Metadata;

/// <summary>
/// Events written in the same transaction as the state they announce, and published afterwards, in order, at least once.
/// </summary>
public sealed class Outbox
{
    /// <param name="database">Where; the outbox creates its table.</param>
    public Outbox(MetadataDatabase database) => throw new NotSupportedException();

    /// <summary>Adds an event.</summary>
    /// <param name="transaction">The transaction that changes the state.</param>
    /// <param name="topic">Topic.</param>
    /// <param name="key">Key.</param>
    /// <param name="eventType">Full Protobuf name.</param>
    /// <param name="protobuf">Serialised message.</param>
    public static void Add(SqliteTransaction transaction, string topic, string key, string eventType, byte[] protobuf) => throw new NotSupportedException();

    /// <summary>The oldest entries.</summary>
    public ValueTask<IReadOnlyList<OutboxEntry>> PeekAsync(int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Removes published entries.</summary>
    public ValueTask RemoveAsync(IReadOnlyList<long> ids, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Returns as soon as there may be entries: at once, after an <see cref="Add"/> in this process has committed, or after a second.</summary>
    public ValueTask WaitAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
