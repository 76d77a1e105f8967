using System.Text;

namespace Mesh.Training.Running;

/// <summary>What a trainer prints, appended to a file up to a limit.</summary>
internal sealed class TrainerLog : IDisposable
{
    private readonly FileStream file;
    private readonly Lock gate = new();
    private readonly long maxBytes;
    private bool full;

    public TrainerLog(string path, long maxBytes)
    {
        this.maxBytes = maxBytes;
        file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }

    public void WriteLine(string text) => Write(Encoding.UTF8.GetBytes(text + "\n"), isOurs: true);

    /// <summary>Copies until the stream ends; keeps reading when the log is full, or the trainer would block on its pipe.</summary>
    public async Task CopyAsync(Stream from, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[16 << 10];
        int read;
        while ((read = await from.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0) Write(buffer.AsSpan(0, read), isOurs: false);
    }

    public void Dispose() => file.Dispose();

    private void Write(ReadOnlySpan<byte> bytes, bool isOurs)
    {
        lock (gate)
        {
            if (full && !isOurs) return;
            if (file.Position + bytes.Length > maxBytes && !isOurs)
            {
                full = true;
                bytes = Encoding.UTF8.GetBytes($"\n-- the log has reached {maxBytes:N0} bytes; the rest is dropped\n");
            }

            file.Write(bytes);
        }
    }
}
