namespace Mesh.Training.Handoff.Signing;

/// <summary>Order by Unicode code point (OMS 1.0, 5.2.1). Ordinal comparison of UTF-16 differs from it above U+D800.</summary>
internal sealed class CodePointOrder : IComparer<string>
{
    public static readonly CodePointOrder Instance = new();

    public int Compare(string? left, string? right)
    {
        if (left is null || right is null) return left is null ? right is null ? 0 : -1 : 1;
        int shared = Math.Min(left.Length, right.Length);
        for (int i = 0; i < shared; i++)
        {
            if (left[i] == right[i]) continue;
            // Of two different units, a surrogate stands for a code point above U+FFFF and so comes after any unit that is none.
            return (char.IsSurrogate(left[i]), char.IsSurrogate(right[i])) switch
            {
                (true, false) => 1,
                (false, true) => -1,
                _ => left[i].CompareTo(right[i]),
            };
        }

        return left.Length.CompareTo(right.Length);
    }
}
