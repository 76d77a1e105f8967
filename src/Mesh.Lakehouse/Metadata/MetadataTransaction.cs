using System.Data.Common;

namespace Mesh.Lakehouse.Metadata;

/// <summary>
/// A transaction that changes the metadata database. What it reads stays true until it commits, as if no other transaction ran meanwhile.
/// </summary>
public abstract class MetadataTransaction : MetadataSession
{
    private readonly HashSet<string> written = new(StringComparer.Ordinal);

    private protected MetadataTransaction(DbTransaction transaction, CancellationToken cancellationToken)
        : base(transaction, cancellationToken)
    {
    }

    /// <summary>Runs a statement, once for each element when <paramref name="parameters"/> is a sequence.</summary>
    /// <returns>Rows changed.</returns>
    public Task<int> ExecuteAsync(string sql, object? parameters = null) => RunAsync(sql, parameters);

    /// <summary>Tables that statements so far were about.</summary>
    internal IReadOnlySet<string> Written => written;

    private protected override void Note(string sql)
    {
        if (WrittenTable.Of(sql) is { } table) written.Add(table);
    }

    /// <summary>Lets transactions that lock the same name commit one after the other, from here on.</summary>
    internal abstract Task LockAsync(string name);
}
