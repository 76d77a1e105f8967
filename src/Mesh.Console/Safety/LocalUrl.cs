namespace Mesh.Console.Safety;

/// <summary>Addresses within this site, as they may come back from a browser: <c>/recordings?state=written</c>, and nothing that leads elsewhere.</summary>
public static class LocalUrl
{
    private const int MaxLength = 2_048;

    /// <summary>The address if it is within this site, else the overview.</summary>
    public static string Or(string? url, string fallback = "/") => Is(url) ? url! : fallback;

    /// <summary>Whether it is within this site. Browsers take <c>//</c> and <c>/\</c> for the begin of another site, and skip tabs and newlines; what is not ASCII must be escaped.</summary>
    public static bool Is(string? url) =>
        url is ['/', ..] && url.Length <= MaxLength && (url.Length == 1 || url[1] is not ('/' or '\\')) && url.All(letter => letter is > ' ' and <= '~' and not '\\');
}
