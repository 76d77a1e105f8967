using System.Text.Json;
using Mesh.Lakehouse.Metadata;
using Mesh.Storage;
using Mesh.Storage.S3;
using Mesh.Testing;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>A lake in S3 with its metadata in PostgreSQL, both seen past the proxies. Readers without S3 see a copy.</summary>
/// <param name="data">State directory.</param>
/// <param name="copyFolder">Where the copy is kept.</param>
/// <param name="uri">The lake's.</param>
/// <param name="endpoint">The S3 server's.</param>
/// <param name="connection">The database's.</param>
internal sealed class S3Place(string data, string copyFolder, string uri, string endpoint, string connection) : CampaignPlace(data)
{
    private const string Hint = "version-hint.text";

    public override MetadataDatabase OpenDatabase() => MetadataDatabase.Connect(connection, "mesh", readOnly: true);

    public override Disposable<IObjectStore> OpenLake() => new(S3ObjectStore.OpenForReading(uri, new S3Options
    {
        Endpoint = endpoint, Region = "us-east-1", Credentials = new S3Credentials(CephGateway.AccessKey, CephGateway.SecretKey),
    }));

    public override async Task<JsonElement> ReadForeignAsync(string rowsFolder)
    {
        var stop = TestContext.Current.CancellationToken;
        using var lake = OpenLake();

        // The hints first: whatever they refer to is there when the rest is listed afterwards.
        var listed = new List<ObjectEntry>();
        await foreach (var entry in lake.Value.ListAsync("", stop)) listed.Add(entry);
        foreach (var entry in listed.Where(entry => entry.Key.EndsWith(Hint, StringComparison.Ordinal))) await CopyHintAsync(lake.Value, entry.Key, stop);
        var there = new HashSet<string>();
        await foreach (var entry in lake.Value.ListAsync("", stop))
        {
            string path = Path.Combine(copyFolder, entry.Key);
            there.Add(path);

            // Nothing but hints is ever written twice.
            if (!entry.Key.EndsWith(Hint, StringComparison.Ordinal) && !File.Exists(path)) await CopyAsync(lake.Value, entry.Key, stop);
        }

        foreach (string path in Directory.EnumerateFiles(copyFolder, "*", SearchOption.AllDirectories).Where(path => !there.Contains(path) && !path.EndsWith(Hint, StringComparison.Ordinal))) File.Delete(path);
        return await NodeScript.RunAsync("campaign-read.mjs", copyFolder, rowsFolder, uri);
    }

    // A commit may replace it between asking for its length and reading it; nothing else may ever be replaced.
    private async Task CopyHintAsync(IObjectStore lake, string key, CancellationToken stop)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await CopyAsync(lake, key, stop);
                return;
            }
            catch (Mesh.Model.MeshException exception) when (exception.Code == "MESH8036" && attempt < 10)
            {
                // As it says: read it again.
            }
        }
    }

    private async Task CopyAsync(IObjectStore lake, string key, CancellationToken stop)
    {
        try
        {
            await using var source = await lake.OpenAsync(key, stop);
            byte[] bytes = new byte[source.Length];
            await source.ReadAtAsync(0, bytes, stop);
            string path = Path.Combine(copyFolder, key);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllBytesAsync(path, bytes, stop);
        }
        catch (Mesh.Model.MeshException exception) when (exception.Code == "MESH8003")
        {
            // Deleted since it was listed; if somebody refers to it, the readers say so.
        }
    }
}
