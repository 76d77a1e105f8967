using System.Data.Common;
using Dapper;

namespace Mesh.Lakehouse.Metadata;

/// <summary>Queries that all see one moment of the metadata database. Values are named parameters: <c>@name</c>.</summary>
public class MetadataSession
{
    private readonly DbTransaction transaction;
    private readonly CancellationToken cancellationToken;

    internal MetadataSession(DbTransaction transaction, CancellationToken cancellationToken)
    {
        this.transaction = transaction;
        this.cancellationToken = cancellationToken;
    }

    /// <summary>All rows of a query; columns go to the properties of <typeparamref name="T"/> by name.</summary>
    public async Task<List<T>> QueryAsync<T>(string sql, object? parameters = null) =>
        (await transaction.Connection!.QueryAsync<T>(Command(sql, parameters)).ConfigureAwait(false)).AsList();

    /// <summary>The first row of a query; the default value when there is none.</summary>
    public Task<T?> FirstOrDefaultAsync<T>(string sql, object? parameters = null) =>
        transaction.Connection!.QueryFirstOrDefaultAsync<T?>(Command(sql, parameters));

    /// <summary>The first value of the first row; the default value when there is none or it is NULL.</summary>
    public Task<T?> ScalarAsync<T>(string sql, object? parameters = null) =>
        transaction.Connection!.ExecuteScalarAsync<T>(Command(sql, parameters));

    private protected Task<int> RunAsync(string sql, object? parameters) => transaction.Connection!.ExecuteAsync(Command(sql, parameters));

    /// <summary>Told of every statement before it is run.</summary>
    private protected virtual void Note(string sql)
    {
    }

    private CommandDefinition Command(string sql, object? parameters)
    {
        Note(sql);
        return new CommandDefinition(sql, parameters, transaction, cancellationToken: cancellationToken);
    }
}
