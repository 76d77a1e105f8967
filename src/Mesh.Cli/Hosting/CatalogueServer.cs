using Mesh.Catalogue;
using Mesh.Commands.Configuration;
using Mesh.Commands.State;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.RestCatalog;
using Mesh.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Mesh.Cli.Hosting;

/// <summary>The REST catalogue of a state directory by itself; it has the directory's lock as <see cref="MeshServer"/> would.</summary>
internal sealed class CatalogueServer : IAsyncDisposable
{
    private readonly StateDirectory state;
    private readonly MetadataDatabase database;
    private readonly LakeStorage storage;
    private readonly HttpListening listener;

    private CatalogueServer(StateDirectory state, MetadataDatabase database, LakeStorage storage, HttpListening listener)
    {
        this.state = state;
        this.database = database;
        this.storage = storage;
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
        LakeStorage? storage = null;
        try
        {
            database = MetadataDatabase.Open(state.Database, settings[SettingKeys.CatalogueConnection].Text, settings[SettingKeys.CatalogueSchema].Text);
            await database.PrepareAsync(cancellationToken).ConfigureAwait(false);

            // The outbox's table, for the events of commits; the next `mesh up` publishes them.
            new Outbox(database).Dispose();

            storage = await LakeStorage.OpenAsync(state, settings, time, cancellationToken).ConfigureAwait(false);
            var tables = new TableCatalogue(database, storage.Lake, time);
            var listener = await HttpListening.StartAsync(
                access.HttpListen, settings.Port(SettingKeys.HttpPort), SettingKeys.HttpPort,
                access.IsLoopback(access.HttpListen) ? null : access.Certificate, new HttpLogin(access.Token, null), access.AllowedHosts, loggers,
                app =>
                {
                    app.MapRestCatalogue(tables, new RestCatalogueOptions { Token = access.Token, ClientSettings = storage.ClientSettings, Announce = SnapshotAnnouncement.AddAsync });
                    app.MapGet("/health", () => Results.Json(new { status = "ok" }));
                },
                cancellationToken).ConfigureAwait(false);
            return new CatalogueServer(state, database, storage, listener);
        }
        catch
        {
            storage?.Dispose();
            database?.Dispose();
            state.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await listener.DisposeAsync().ConfigureAwait(false);
        storage.Dispose();
        database.Dispose();
        state.Dispose();
    }
}
