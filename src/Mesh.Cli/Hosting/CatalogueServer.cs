using Mesh.Commands.Configuration;
using Mesh.Commands.State;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Mesh.Cli.Hosting;

/// <summary>The REST catalogue of a state directory by itself; it has the directory's lock as <see cref="MeshServer"/> would.</summary>
internal sealed class CatalogueServer : IAsyncDisposable
{
    private readonly StateDirectory state;
    private readonly MetadataDatabase database;
    private readonly HttpListening listener;

    private CatalogueServer(StateDirectory state, MetadataDatabase database, HttpListening listener)
    {
        this.state = state;
        this.database = database;
        this.listener = listener;
    }

    /// <summary>State directory.</summary>
    public string DataFolder => state.Root;

    /// <summary>Where it listens.</summary>
    public string Url => listener.Url;

    /// <summary>Starts serving.</summary>
    /// <exception cref="MeshException">The port is taken, the directory is in use, the settings are wrong ...</exception>
    public static async Task<CatalogueServer> StartAsync(
        string dataFolder, Settings settings, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var access = ServerAccess.Read(settings);
        var state = StateDirectory.Open(dataFolder);
        MetadataDatabase? database = null;
        try
        {
            database = MetadataDatabase.Open(state.Database);
            var tables = new TableCatalogue(database, new LocalObjectStore(state.Lake), time);
            var listener = await HttpListening.StartAsync(
                access.HttpListen, settings.Port(SettingKeys.HttpPort), SettingKeys.HttpPort,
                access.IsLoopback(access.HttpListen) ? null : access.Certificate, access.Token, loggers,
                app => app.MapGet("/health", () => Results.Json(new { status = "ok" })),
                cancellationToken).ConfigureAwait(false);
            return new CatalogueServer(state, database, listener);
        }
        catch
        {
            database?.Dispose();
            state.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await listener.DisposeAsync().ConfigureAwait(false);
        database.Dispose();
        state.Dispose();
    }
}
