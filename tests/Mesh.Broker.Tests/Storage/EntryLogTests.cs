using System.Globalization;
using System.Text;
using Mesh.Broker.Storage;
using Mesh.Broker.Tests.Support;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace Mesh.Broker.Tests.Storage;

/// <summary>The file under group offsets and transactions, on disks that fail.</summary>
public class EntryLogTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_disk_that_is_full_loses_no_entry_that_was_answered(bool fsync)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["disk"]);
        Assert.SkipUnless(await Tmpfs.TryMountAsync(folder["disk"], "256k"), "needs the right to mount a tmpfs: run as root");
        try
        {
            string path = folder["disk", "entries.log"];
            var kept = new Kept();
            int refused = 0;
            for (int round = 0; round < 8; round++)
            {
                // Opening writes the file anew, from what is kept.
                await using var log = await kept.OpenAsync(path, fsync ? FlushPolicy.Fsync : FlushPolicy.PageCache);
                await File.WriteAllBytesAsync(folder["disk", "filler"], new byte[60_000 + (round * 1_777)], TestContext.Current.CancellationToken);
                for (int i = 0; await kept.SetAsync(log, $"key {i % 40}", $"{round} {new string('x', 300 + (i * 53 % 900))} {i}"); i++)
                {
                }

                // What a kill at this moment leaves is what was answered.
                refused++;
                File.Copy(path, folder["killed"], overwrite: true);
                (await Kept.ReadAsync(folder["killed"])).ShouldBe(kept.Answered, ignoreOrder: true, $"round {round}");

                // With room again it goes on.
                File.Delete(folder["disk", "filler"]);
                (await kept.SetAsync(log, "round", round.ToString(CultureInfo.InvariantCulture))).ShouldBeTrue();
            }

            refused.ShouldBe(8);
            File.Copy(path, folder["closed"]);
            (await Kept.ReadAsync(folder["closed"])).ShouldBe(kept.Answered, ignoreOrder: true);
        }
        finally
        {
            await Tmpfs.UnmountAsync(folder["disk"]);
        }
    }

    [Fact]
    public async Task After_a_failed_fsync_nothing_is_answered_until_the_file_was_written_anew()
    {
        using var folder = new TemporaryFolder();
        string path = folder["entries.log"];
        bool broken = false;
        int synchronised = 0;
        var kept = new Kept();
        await using var log = await kept.OpenAsync(path, FlushPolicy.Fsync, _ =>
        {
            if (broken) throw new IOException("Input/output error");
            synchronised++;
        });
        (await kept.SetAsync(log, "a", "1")).ShouldBeTrue();
        long file = Inode(path);

        broken = true;
        (await kept.SetAsync(log, "b", "2")).ShouldBeFalse();
        (await kept.SetAsync(log, "c", "3")).ShouldBeFalse();
        (await log.FlushAsync()).ShouldBeFalse();
        Inode(path).ShouldBe(file);

        // The kernel may have dropped the pages, and a second fsync would claim success for them: only a new file can be trusted.
        broken = false;
        int before = synchronised;
        (await kept.SetAsync(log, "d", "4")).ShouldBeTrue();
        synchronised.ShouldBeGreaterThanOrEqualTo(before + 2);
        Inode(path).ShouldNotBe(file);
        var read = await Kept.ReadAsync(path);
        read["a"].ShouldBe("1");
        read["b"].ShouldBe("2");
        read["d"].ShouldBe("4");
    }

    private static long Inode(string path) => new FileInfo(path) is { Exists: true } ? long.Parse(Stat(path), CultureInfo.InvariantCulture) : -1;

    private static string Stat(string path)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%i", path]) { RedirectStandardOutput = true })!;
        return process.StandardOutput.ReadToEnd().Trim();
    }

    /// <summary>Keys and values, as the owner of such a file keeps them.</summary>
    private sealed class Kept
    {
        private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);

        /// <summary>What was answered with success.</summary>
        public Dictionary<string, string> Answered { get; } = new(StringComparer.Ordinal);

        public ValueTask<EntryLog> OpenAsync(string path, FlushPolicy policy, Action<SafeFileHandle>? sync = null) =>
            EntryLog.OpenAsync(path, policy, NullLogger.Instance, content => Put(values, Encoding.UTF8.GetString(content)), () => values.Select(pair => Encoding.UTF8.GetBytes($"{pair.Key}={pair.Value}")), sync);

        public async Task<bool> SetAsync(EntryLog log, string key, string value)
        {
            bool done = await log.AppendAsync(Encoding.UTF8.GetBytes($"{key}={value}"), () => values[key] = value);
            if (done) Answered[key] = value;
            return done;
        }

        public static async Task<Dictionary<string, string>> ReadAsync(string path)
        {
            string copy = path + ".read";
            File.Copy(path, copy, overwrite: true);
            var read = new Kept();
            await using (await read.OpenAsync(copy, FlushPolicy.PageCache))
            {
                File.Delete(copy);
                return read.values;
            }
        }

        private static void Put(Dictionary<string, string> target, string text) => target[text[..text.IndexOf('=', StringComparison.Ordinal)]] = text[(text.IndexOf('=', StringComparison.Ordinal) + 1)..];
    }
}
