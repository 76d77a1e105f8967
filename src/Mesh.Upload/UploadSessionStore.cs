using System.Text.Json;
using Mesh.Model;

namespace Mesh.Upload;

/// <summary>Unfinished and answered uploads on disk: <c>ID.json</c> describes, <c>ID.part</c> holds the bytes.</summary>
internal sealed class UploadSessionStore
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private readonly string folder;

    public UploadSessionStore(string folder)
    {
        this.folder = Path.GetFullPath(folder);
        Directory.CreateDirectory(this.folder);
    }

    public string PartPath(string id) => Path.Combine(folder, id + ".part");

    public long PartLength(string id)
    {
        var part = new FileInfo(PartPath(id));
        return part.Exists ? part.Length : 0;
    }

    public FileStream OpenPart(string id) => new(PartPath(id), new FileStreamOptions
    {
        Mode = FileMode.Append,
        Access = FileAccess.Write,
        Share = FileShare.Read,
        BufferSize = 1 << 17,
        Options = FileOptions.Asynchronous,
    });

    public UploadSession? Find(string id)
    {
        // The id comes from a URL and becomes a file name.
        if (!Guid.TryParseExact(id, "N", out _)) return null;
        string path = InfoPath(id);
        return File.Exists(path) ? Read(path) : null;
    }

    /// <summary>An unfinished upload of the same content by the same vehicle and session.</summary>
    public UploadSession? FindResumable(UploadSession wanted) => List().FirstOrDefault(session =>
        session.Result == UploadResult.Incomplete && session.ExpectedSha256 == wanted.ExpectedSha256 && session.Length == wanted.Length
        && session.VehicleId == wanted.VehicleId && session.Session == wanted.Session);

    public IEnumerable<UploadSession> List() => Directory.EnumerateFiles(folder, "*.json").Select(Read).OfType<UploadSession>();

    public ValueTask SaveAsync(UploadSession session, CancellationToken cancellationToken) =>
        AtomicFile.WriteAsync(InfoPath(session.Id), JsonSerializer.SerializeToUtf8Bytes(session, Json), cancellationToken);

    public void DeletePart(string id) => File.Delete(PartPath(id));

    public void Delete(string id)
    {
        File.Delete(PartPath(id));
        File.Delete(InfoPath(id));
    }

    private static UploadSession? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<UploadSession>(File.ReadAllBytes(path), Json);
        }
        catch (Exception exception) when (exception is JsonException or IOException)
        {
            // Torn by a crash before the producer got its URL, or deleted meanwhile: as good as unknown.
            return null;
        }
    }

    private string InfoPath(string id) => Path.Combine(folder, id + ".json");
}
