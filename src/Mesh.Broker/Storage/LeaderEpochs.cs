using System.Globalization;
using System.Text;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Storage;

/// <summary>
/// Where in the log each leader epoch begins (KIP-101), in a text file of lines "epoch offset". Batches carry their epoch too, so that
/// the file need not be synchronised: what a crash took from it is read from them again.
/// </summary>
internal sealed class LeaderEpochs
{
    private readonly string path;
    private readonly Lock access = new();
    private readonly List<(int Epoch, long StartOffset)> entries = [];
    private bool changed;

    private LeaderEpochs(string path) => this.path = path;

    /// <summary>Whether a client speaks of the epoch that is (KIP-320); -1 leaves it open.</summary>
    public static ErrorCode Check(IPartitionLog log, int leaderEpoch)
    {
        int current = log.LeaderEpoch;
        return leaderEpoch < 0 || leaderEpoch == current ? ErrorCode.None : leaderEpoch < current ? ErrorCode.FencedLeaderEpoch : ErrorCode.UnknownLeaderEpoch;
    }

    /// <summary>The newest epoch with records; -1 when there is none.</summary>
    public int Latest
    {
        get
        {
            lock (access) return entries.Count == 0 ? -1 : entries[^1].Epoch;
        }
    }

    public static LeaderEpochs Open(string path)
    {
        var epochs = new LeaderEpochs(path);
        if (!File.Exists(path)) return epochs;
        foreach (string line in File.ReadLines(path))
        {
            string[] parts = line.Split(' ');
            if (parts.Length != 2
                || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int epoch)
                || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long offset))
            {
                break;
            }

            epochs.Note(epoch, offset);
        }

        epochs.changed = false;
        return epochs;
    }

    /// <summary>A batch of an epoch is in the log, or about to be.</summary>
    public void Note(int epoch, long baseOffset)
    {
        lock (access)
        {
            if (epoch < 0 || (entries.Count > 0 && entries[^1].Epoch >= epoch)) return;
            if (entries.Count > 0 && entries[^1].StartOffset >= baseOffset) entries.RemoveAt(entries.Count - 1);
            entries.Add((epoch, baseOffset));
            changed = true;
        }
    }

    /// <summary>The largest epoch not above the one asked for, and where the next one begins.</summary>
    public (int Epoch, long EndOffset) EndOffsetOf(int epoch, int current, long endOffset)
    {
        lock (access)
        {
            if (epoch < 0 || epoch > current) return (-1, -1);
            if (epoch == current) return (current, endOffset);
            int at = entries.Count - 1;
            while (at >= 0 && entries[at].Epoch > epoch) at--;
            long next = at + 1 < entries.Count ? entries[at + 1].StartOffset : endOffset;

            // Older than all that is kept: whatever it had ended where the log begins.
            return at < 0 ? (epoch, next) : (entries[at].Epoch, next);
        }
    }

    /// <summary>Forgets what lies below the log's start or above its end.</summary>
    public void Trim(long startOffset, long endOffset)
    {
        lock (access)
        {
            while (entries.Count > 1 && entries[1].StartOffset <= startOffset) Remove(0);
            while (entries.Count > 0 && entries[^1].StartOffset > endOffset) Remove(entries.Count - 1);
            if (entries.Count > 0 && entries[0].StartOffset < startOffset)
            {
                entries[0] = (entries[0].Epoch, startOffset);
                changed = true;
            }
        }

        void Remove(int at)
        {
            entries.RemoveAt(at);
            changed = true;
        }
    }

    /// <summary>Writes the file when something changed.</summary>
    public void Save()
    {
        var text = new StringBuilder();
        lock (access)
        {
            if (!changed) return;
            foreach (var (epoch, offset) in entries) text.Append(CultureInfo.InvariantCulture, $"{epoch} {offset}\n");
        }

        File.WriteAllText(path + ".tmp", text.ToString());
        File.Move(path + ".tmp", path, overwrite: true);
        changed = false;
    }
}
