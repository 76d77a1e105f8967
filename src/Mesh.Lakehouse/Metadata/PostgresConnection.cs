using System.Text.RegularExpressions;
using Mesh.Model;
using Npgsql;

namespace Mesh.Lakehouse.Metadata;

/// <summary>Where a PostgreSQL database is: <c>Host=...;Database=...</c> or <c>postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=require</c>.</summary>
public static partial class PostgresConnection
{
    /// <summary>The connection without its password, for people.</summary>
    /// <exception cref="MeshException"><c>MESH8207</c> when it cannot be understood.</exception>
    public static string Describe(string connection)
    {
        var builder = Parse(connection);
        return $"postgres://{builder.Username}{(builder.Username is null ? "" : "@")}{builder.Host}:{builder.Port}/{builder.Database ?? builder.Username}";
    }

    /// <exception cref="MeshException"><c>MESH8207</c> when it cannot be understood; the message holds no password.</exception>
    internal static NpgsqlConnectionStringBuilder Parse(string connection)
    {
        try
        {
            var builder = connection.StartsWith("postgres://", StringComparison.Ordinal) || connection.StartsWith("postgresql://", StringComparison.Ordinal)
                ? FromUri(new Uri(connection))
                : new NpgsqlConnectionStringBuilder(connection);
            if (string.IsNullOrEmpty(builder.Host)) throw new ArgumentException("it names no host");
            return builder;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or KeyNotFoundException)
        {
            // The exception may quote the connection string, and with it the password.
            throw new MeshException(
                "MESH8207",
                "The setting catalogue.connection is no connection to PostgreSQL. Write 'Host=...;Port=...;Database=...;Username=...;Password=...' or 'postgres://USER:PASSWORD@HOST:PORT/DATABASE'.");
        }
    }

    /// <exception cref="MeshException"><c>MESH8207</c> when it is no plain name.</exception>
    internal static void RequireSchemaName(string schema)
    {
        if (SchemaName().IsMatch(schema)) return;
        throw new MeshException("MESH8207", $"'{schema}' is no name for a schema: lower-case letters, digits and '_', beginning with a letter. Change the setting catalogue.schema.");
    }

    private static NpgsqlConnectionStringBuilder FromUri(Uri uri)
    {
        var builder = new NpgsqlConnectionStringBuilder { Host = uri.Host, Port = uri.Port > 0 ? uri.Port : NpgsqlConnection.DefaultPort };
        string[] user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0) builder.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1) builder.Password = Uri.UnescapeDataString(user[1]);
        if (uri.AbsolutePath.Length > 1) builder.Database = Uri.UnescapeDataString(uri.AbsolutePath[1..]);
        foreach (string pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = pair.Split('=', 2);
            string value = parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "";
            // libpq's names; the others are Npgsql's own.
            string name = parts[0] switch { "sslmode" => "SSL Mode", "sslrootcert" => "Root Certificate", "application_name" => "Application Name", "connect_timeout" => "Timeout", _ => Uri.UnescapeDataString(parts[0]) };
            builder[name] = name == "SSL Mode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }

        return builder;
    }

    [GeneratedRegex("^[a-z][a-z0-9_]{0,62}$")]
    private static partial Regex SchemaName();
}
