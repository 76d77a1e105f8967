using System.Collections.Concurrent;
using Mesh.Lakehouse.Metadata;

namespace Mesh.Commands.Live;

/// <summary>
/// Counts the changes of every kind of thing, from what this process writes into the database. Of a database that other processes write too,
/// everything counts as changed every ten seconds. Costs no query. Thread-safe.
/// </summary>
public sealed class ChangeFeed : IDisposable
{
    private static readonly TimeSpan SharedInterval = TimeSpan.FromSeconds(10);

    private readonly MetadataDatabase database;
    private readonly TimeProvider time;
    private readonly long begun;
    private readonly ConcurrentDictionary<string, long> versions = new(StringComparer.Ordinal);

    /// <param name="database">Whose changes are counted.</param>
    /// <param name="time">Clock.</param>
    public ChangeFeed(MetadataDatabase database, TimeProvider time)
    {
        this.database = database;
        this.time = time;
        begun = time.GetTimestamp();
        database.Written += Count;
    }

    /// <summary>How often a kind has changed since the start; another number than before means that it has changed.</summary>
    /// <param name="kind">One of <see cref="LiveKinds.All"/>.</param>
    public long VersionOf(string kind)
    {
        long own = versions.GetValueOrDefault(kind);
        return database.IsShared && kind != LiveKinds.Status ? own + (long)(time.GetElapsedTime(begun) / SharedInterval) : own;
    }

    /// <inheritdoc/>
    public void Dispose() => database.Written -= Count;

    private void Count(IReadOnlySet<string> tables)
    {
        foreach (string kind in tables.SelectMany(table => LiveKinds.ByTable[table]).Distinct()) versions.AddOrUpdate(kind, 1, static (_, version) => version + 1);
    }
}
