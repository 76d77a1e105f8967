namespace Mesh.Commands.Topologies;

/// <summary>Whether two globs (<c>*</c> any text, <c>?</c> one character) can match the same text.</summary>
internal static class GlobOverlap
{
    /// <summary>True when some text matches both; null matches anything.</summary>
    public static bool Exists(string? one, string? other)
    {
        if (one is null || other is null) return true;

        // reach[j]: the part of `one` looked at and the first j characters of `other` can match the same text.
        var reach = new bool[other.Length + 1];
        reach[0] = true;
        for (int j = 1; j <= other.Length && other[j - 1] == '*'; j++) reach[j] = true;
        foreach (char letter in one)
        {
            var next = new bool[other.Length + 1];
            next[0] = reach[0] && letter == '*';
            for (int j = 1; j <= other.Length; j++)
            {
                char facing = other[j - 1];
                next[j] = letter == '*' || facing == '*'
                    ? reach[j] || next[j - 1]
                    : reach[j - 1] && (letter == facing || letter == '?' || facing == '?');
            }

            reach = next;
        }

        return reach[other.Length];
    }
}
