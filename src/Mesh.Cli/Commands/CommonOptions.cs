using System.Collections;
using System.CommandLine;
using Mesh.Commands.Configuration;
using Mesh.Commands.Queries;
using Mesh.Commands.State;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary>Options that several commands share, and what they lead to.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json() => new("--json") { Description = "Print the result as JSON." };

    public static Option<string?> Data() => new("--data") { Description = "State directory.", HelpName = "DIR" };

    public static Option<string?> Server() => new("--server") { Description = "Address of the server (default: MESH_SERVER, the server of --data, http://127.0.0.1:8480).", HelpName = "URL" };

    public static Option<string?> Token() => new("--token") { Description = "Token of the server (default: MESH_HTTP__TOKEN).", HelpName = "TOKEN" };

    public static Option<string?> Config() => new("--config") { Description = "Configuration file (default: ./mesh.yaml when there is one).", HelpName = "FILE" };

    /// <summary>The server's address by design §10: flag, MESH_SERVER, the endpoints file of --data, the default port.</summary>
    public static Uri ServerAddress(string? server, string? data)
    {
        string address = server
            ?? Environment.GetEnvironmentVariable("MESH_SERVER")
            ?? (data is null ? null : ServerEndpoints.Find(data)?.Http)
            ?? "http://127.0.0.1:8480";
        return Uri.TryCreate(address.TrimEnd('/') + "/", UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? uri
            : throw new UsageException($"'{address}' is not an address: expected http://HOST:PORT.");
    }

    /// <summary>A server when one answers, else the state directory read-only.</summary>
    public static async Task<IMeshQueries> OpenQueriesAsync(string? server, string? data, string? token, string? config, CancellationToken cancellationToken)
    {
        bool named = server is not null || Environment.GetEnvironmentVariable("MESH_SERVER") is not null;
        if (!named && data is not null && ServerEndpoints.Find(data) is null)
        {
            return LocalQueries.OpenReadOnly(data, ReadSettings(config));
        }

        var remote = new HttpQueries(ServerAddress(server, data), TokenOf(token));
        try
        {
            await remote.GetStatusAsync(cancellationToken).ConfigureAwait(false);
            return remote;
        }
        catch (MeshException exception) when (exception.Code == HttpQueries.Unreachable)
        {
            await remote.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public static string? TokenOf(string? flag) => flag ?? Environment.GetEnvironmentVariable(SettingKeys.HttpToken.EnvironmentVariable);

    /// <summary>Settings of a command that has no flags for them.</summary>
    public static Settings ReadSettings(string? config) => Settings.Read(new Dictionary<SettingKey, (string, string)>(), EnvironmentVariables(), config);

    public static Dictionary<string, string> EnvironmentVariables() =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");
}
