namespace Mesh.Lakehouse.Metadata;

/// <summary>
/// The database that holds table pointers, ledger, recordings, outbox, rules, jobs and models: a SQLite file (<see cref="Open(string, bool)"/>) or a schema of
/// a PostgreSQL server (<see cref="Connect"/>), which several servers may share.
/// </summary>
/// <remarks>
/// Errors: <c>MESH8200</c> cannot be opened (transient once it has been), <c>MESH8201</c> newer than this program, <c>MESH8202</c> busy (transient),
/// <c>MESH8203</c> input/output failure or lost connection (transient), <c>MESH8204</c> damaged, <c>MESH8205</c> read-only, <c>MESH8206</c> access
/// refused by the server, <c>MESH8207</c> connection string not understood, <c>MESH8020</c> disk full (transient).
/// </remarks>
public abstract class MetadataDatabase : IDisposable
{
    private protected MetadataDatabase()
    {
    }

    /// <summary>Whether only reading is allowed.</summary>
    public abstract bool IsReadOnly { get; }

    /// <summary>Raised after a write of this process has been committed.</summary>
    internal event Action? Committed;

    /// <summary>Raised after a write of this process has been committed, with the names of the tables it was about. Handlers are quick and do not throw.</summary>
    public event Action<IReadOnlySet<string>>? Written;

    /// <summary>Whether other processes may write too, so that <see cref="Written"/> does not tell of everything.</summary>
    public abstract bool IsShared { get; }

    /// <summary>Opens or creates a SQLite file.</summary>
    /// <param name="path">File.</param>
    /// <param name="readOnly">Whether only reading is allowed, as by commands that run beside a server.</param>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH8200</c> when it cannot be opened.</exception>
    public static MetadataDatabase Open(string path, bool readOnly = false) => SqliteDatabase.Open(path, readOnly);

    /// <summary>A schema of a PostgreSQL server. Connects when first used; <see cref="PrepareAsync"/> tells at once whether it can.</summary>
    /// <param name="connection"><c>Host=...;Database=...</c> or a <c>postgres://</c> URI.</param>
    /// <param name="schema">Schema, created when absent; empty for <c>public</c>.</param>
    /// <param name="readOnly">Whether only reading is allowed.</param>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH8207</c> when the connection or the schema's name is none.</exception>
    public static MetadataDatabase Connect(string connection, string schema = "", bool readOnly = false) => new PostgresDatabase(connection, schema, readOnly);

    /// <summary>The database the settings name: PostgreSQL when there is a connection, else the SQLite file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="connection">The setting <c>catalogue.connection</c>.</param>
    /// <param name="schema">The setting <c>catalogue.schema</c>.</param>
    /// <param name="readOnly">Whether only reading is allowed.</param>
    public static MetadataDatabase Open(string path, string connection, string schema, bool readOnly = false) =>
        connection.Length > 0 ? Connect(connection, schema, readOnly) : Open(path, readOnly);

    /// <summary>
    /// Brings a component's tables up to date: runs those of its scripts that have not run yet, in order, each in a transaction; SQLite at once,
    /// PostgreSQL before the next read or write. Does nothing on a read-only database.
    /// </summary>
    /// <param name="component">Name under which the number of scripts run is kept.</param>
    /// <param name="scripts">Scripts by version, in SQLite's words; published ones never change.</param>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH8201</c> when a newer program has run more scripts than these.</exception>
    public abstract void Migrate(string component, IReadOnlyList<string> scripts);

    /// <summary>Connects and runs the scripts that are due: what is wrong with the database is found here and not by the first query.</summary>
    public abstract ValueTask PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Runs queries that see one moment.</summary>
    public abstract ValueTask<T> ReadAsync<T>(Func<MetadataSession, Task<T>> query, CancellationToken cancellationToken);

    /// <summary>
    /// Runs work in one transaction, committed when it returns and rolled back when it throws. Transactions behave as if they ran one after
    /// the other; work that collides with another's may run again, so it changes nothing but the database.
    /// </summary>
    public async ValueTask<T> WriteAsync<T>(Func<MetadataTransaction, Task<T>> work, CancellationToken cancellationToken)
    {
        IReadOnlySet<string>? written = null;
        T result = await CommitAsync(
            async transaction =>
            {
                T value = await work(transaction).ConfigureAwait(false);
                written = transaction.Written;
                return value;
            },
            cancellationToken).ConfigureAwait(false);
        Committed?.Invoke();
        if (written is { Count: > 0 }) Written?.Invoke(written);
        return result;
    }

    /// <inheritdoc cref="WriteAsync{T}"/>
    public async ValueTask WriteAsync(Func<MetadataTransaction, Task> work, CancellationToken cancellationToken) => await WriteAsync(
        async transaction =>
        {
            await work(transaction).ConfigureAwait(false);
            return true;
        },
        cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// A condition that a text matches a pattern in which <c>%</c> stands for any text and <c>_</c> for any character; capitals are told apart,
    /// which SQLite's own LIKE does not do.
    /// </summary>
    /// <param name="text">Expression of the text.</param>
    /// <param name="parameter">Name of the parameter that gets the second part of the answer.</param>
    /// <param name="pattern">The pattern.</param>
    public abstract (string Sql, string Value) Like(string text, string parameter, string pattern);

    /// <summary>A condition that a text contains another, whatever its capitals (of ASCII).</summary>
    /// <param name="text">Expression of the text.</param>
    /// <param name="sought">Expression of what it contains, in lower case.</param>
    public abstract string Contains(string text, string sought);

    /// <summary>
    /// Waits until this process alone has a duty, among all that share the database. A SQLite file belongs to the process that has locked the
    /// state directory, so there the wait is over at once.
    /// </summary>
    public abstract ValueTask<MetadataLease> HoldAsync(string duty, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>As <see cref="WriteAsync{T}"/>, without telling anybody.</summary>
    private protected abstract ValueTask<T> CommitAsync<T>(Func<MetadataTransaction, Task<T>> work, CancellationToken cancellationToken);
}
