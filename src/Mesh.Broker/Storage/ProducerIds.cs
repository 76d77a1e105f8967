using System.Globalization;
using System.Text;
using Mesh.Model;

namespace Mesh.Broker.Storage;

/// <summary>Hands out producer ids, none of them twice in the life of a data folder: they are reserved on the disk in blocks.</summary>
internal sealed class ProducerIds : IDisposable
{
    private const int BlockSize = 1000;

    private readonly string path;
    private readonly SemaphoreSlim taking = new(1, 1);
    private long next;
    private long reserved;

    private ProducerIds(string path, long next)
    {
        this.path = path;
        this.next = reserved = next;
    }

    public static ProducerIds Open(string folder)
    {
        string path = Path.Combine(folder, "producer-ids");
        if (!File.Exists(path)) return new ProducerIds(path, 1);
        if (!long.TryParse(File.ReadAllText(path), NumberStyles.None, CultureInfo.InvariantCulture, out long next))
        {
            throw new MeshException("MESH7004", $"{path} does not hold a number. Write one larger than any producer id in use into it, for example 1000000.");
        }

        return new ProducerIds(path, next);
    }

    public void Dispose() => taking.Dispose();

    public async ValueTask<long> TakeAsync()
    {
        await taking.WaitAsync().ConfigureAwait(false);
        try
        {
            if (next == reserved)
            {
                await AtomicFile.WriteAsync(path, Encoding.ASCII.GetBytes((reserved + BlockSize).ToString(CultureInfo.InvariantCulture)), CancellationToken.None).ConfigureAwait(false);
                reserved += BlockSize;
            }

            return next++;
        }
        finally
        {
            taking.Release();
        }
    }
}
