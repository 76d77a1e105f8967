namespace Mesh.Lakehouse;

/// <summary>Whether a name may be a slip of another.</summary>
internal static class Similarity
{
    private const int MaxEdits = 3;

    public static bool IsSimilar(string left, string right) =>
        left.Contains(right, StringComparison.OrdinalIgnoreCase) || right.Contains(left, StringComparison.OrdinalIgnoreCase)
        || LastPart(left).Contains(LastPart(right), StringComparison.OrdinalIgnoreCase) || Distance(left, right) <= MaxEdits;

    private static string LastPart(string name) => name[(name.LastIndexOf('.') + 1)..];

    /// <summary>Levenshtein's distance.</summary>
    private static int Distance(string left, string right)
    {
        int[] row = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int changed = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[right.Length];
    }
}
