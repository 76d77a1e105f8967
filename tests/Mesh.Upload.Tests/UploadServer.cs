using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Storage;
using Mesh.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Upload.Tests;

/// <summary>The upload endpoints on a free port, over a real database and landing folder; can be stopped and started on the same folder.</summary>
public sealed class UploadServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly MetadataDatabase database;

    private UploadServer(WebApplication app, MetadataDatabase database, UploadReceiver receiver, RecordingStore recordings, LocalObjectStore landing)
    {
        this.app = app;
        this.database = database;
        Receiver = receiver;
        Recordings = recordings;
        Landing = landing;
        Outbox = new Outbox(database);
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    public UploadReceiver Receiver { get; }

    public RecordingStore Recordings { get; }

    public LocalObjectStore Landing { get; }

    public Outbox Outbox { get; }

    public HttpClient Http { get; }

    public string Address => app.Urls.First();

    public static async Task<UploadServer> StartAsync(TemporaryFolder folder, Func<UploadOptions, UploadOptions>? change = null, UploadGate? gate = null)
    {
        var database = MetadataDatabase.Open(folder["mesh.db"]);
        _ = new Outbox(database);
        var recordings = new RecordingStore(database, TimeProvider.System);
        var landing = new LocalObjectStore(folder["landing"]);
        var options = new UploadOptions { PartsFolder = folder["landing", ".uploads"], MinFreeBytes = 0 };
        var receiver = new UploadReceiver(change?.Invoke(options) ?? options, landing, recordings, NullLogger<UploadReceiver>.Instance, TimeProvider.System);
        await receiver.RecoverAsync(TestContext.Current.CancellationToken);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapUploads(receiver, gate);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new UploadServer(app, database, receiver, recordings, landing);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.DisposeAsync();
        Receiver.Dispose();
        database.Dispose();
    }
}
