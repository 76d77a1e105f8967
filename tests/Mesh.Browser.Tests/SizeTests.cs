using System.IO.Compression;
using Mesh.Console.Hosting;

namespace Mesh.Browser.Tests;

/// <summary>What a browser has to fetch, which does not depend on the machine.</summary>
public class SizeTests
{
    [Fact]
    public void A_page_s_scripts_and_styles_stay_small()
    {
        var assembly = typeof(ConsoleAssets).Assembly;
        long scripts = 0, styles = 0;
        foreach (string name in assembly.GetManifestResourceNames().Where(name => name.StartsWith("assets/", StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            using var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)) stream.CopyTo(gzip);
            if (name.EndsWith(".js", StringComparison.Ordinal)) scripts += packed.Length;
            if (name.EndsWith(".css", StringComparison.Ordinal)) styles += packed.Length;
        }

        // All modules together: no page loads all of them.
        scripts.ShouldBeLessThan(64 << 10);
        styles.ShouldBeLessThan(16 << 10);
    }
}
