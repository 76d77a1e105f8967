using Microsoft.Data.Sqlite;

namespace Mesh.Lakehouse.Metadata;

/// <summary>
/// The SQLite file (<c>mesh.db</c>) that holds table pointers, ledger, recordings, outbox, rules, jobs and models. WAL, synchronous=FULL,
/// foreign keys on; writes are serialised within the process so that a busy database is the exception.
/// </summary>
public sealed class MetadataDatabase : IDisposable
{
    /// <summary>Opens or creates the database.</summary>
    /// <param name="path">File.</param>
    /// <param name="readOnly">Whether only reading is allowed, as by commands that run beside a server.</param>
    public static MetadataDatabase Open(string path, bool readOnly = false) => throw new NotSupportedException();

    /// <summary>
    /// Brings a component's tables up to date: runs those of its scripts that have not run yet, in order, each in a transaction.
    /// Does nothing on a read-only database.
    /// </summary>
    /// <param name="component">Name under which the number of scripts run is kept.</param>
    /// <param name="scripts">Scripts by version; published ones never change.</param>
    public void Migrate(string component, IReadOnlyList<string> scripts) => throw new NotSupportedException();

    /// <summary>Runs a query.</summary>
    public ValueTask<T> ReadAsync<T>(Func<SqliteConnection, T> query, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Runs work in one immediate transaction, committed when it returns and rolled back when it throws.</summary>
    public ValueTask<T> WriteAsync<T>(Func<SqliteTransaction, T> work, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotSupportedException();
}
