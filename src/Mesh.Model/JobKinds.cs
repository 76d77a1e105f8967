namespace Mesh.Model;

/// <summary>The words for <see cref="JobKind"/> and what follows from one.</summary>
public static class JobKinds
{
    /// <summary>All words, for messages.</summary>
    public static string Words => string.Join(", ", Enum.GetValues<JobKind>().Select(ToWord));

    /// <summary>The word of a kind: <c>train</c>.</summary>
    public static string ToWord(this JobKind kind) => kind.ToString().ToLowerInvariant();

    /// <summary>Reads a word; empty is <see cref="JobKind.Train"/>, as requests of before there were kinds have it.</summary>
    public static bool TryParse(string word, out JobKind kind)
    {
        kind = JobKind.Train;
        if (word.Length == 0) return true;
        foreach (var known in Enum.GetValues<JobKind>())
        {
            if (known.ToWord() != word) continue;
            kind = known;
            return true;
        }

        return false;
    }

    /// <summary>Whether jobs of this kind end with a model that is registered.</summary>
    public static bool MakesModel(this JobKind kind) => kind is JobKind.Train or JobKind.Finetune or JobKind.Quantise or JobKind.Prune;

    /// <summary>Whether jobs of this kind compute gradients, which inference accelerators cannot.</summary>
    public static bool IsTraining(this JobKind kind) => kind is JobKind.Train or JobKind.Finetune;
}
