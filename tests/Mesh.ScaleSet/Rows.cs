using System.Globalization;
using System.Text;
using Mesh.Lakehouse.Metadata;

namespace Mesh.ScaleSet;

/// <summary>Inserts rows, several hundred in a statement. Values are this program's own.</summary>
internal static class Rows
{
    private const int PerStatement = 400;

    /// <summary>Inserts rows of one table.</summary>
    /// <param name="database">Where.</param>
    /// <param name="into">Table and columns.</param>
    /// <param name="count">How many.</param>
    /// <param name="row">Values of a row by its number; a text that begins with <c>@</c> is a parameter.</param>
    /// <param name="parameters">Values of parameters.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task InsertAsync(MetadataDatabase database, string into, int count, Func<int, object?[]> row, object? parameters, CancellationToken cancellationToken) =>
        await database.WriteAsync(
            async transaction =>
            {
                var sql = new StringBuilder();
                for (int first = 0; first < count; first += PerStatement)
                {
                    sql.Clear().Append(CultureInfo.InvariantCulture, $"INSERT INTO {into} VALUES ");
                    for (int i = first; i < Math.Min(count, first + PerStatement); i++)
                    {
                        if (i > first) sql.Append(',');
                        sql.Append('(').AppendJoin(',', row(i).Select(Literal)).Append(')');
                    }

                    await transaction.ExecuteAsync(sql.ToString(), parameters).ConfigureAwait(false);
                }
            },
            cancellationToken).ConfigureAwait(false);

    private static string Literal(object? value) => value switch
    {
        null => "NULL",
        string { Length: > 0 } parameter when parameter[0] == '@' => parameter,
        string text => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new ArgumentException($"No literal of {value.GetType()}.", nameof(value)),
    };
}
