namespace Mesh.Onnx.Pruning;

/// <summary>
/// Channels of all layers, joined where one cannot go without the other. A channel may be held for a reason; so are then all that are joined
/// with it.
/// </summary>
internal sealed class ChannelSet
{
    private readonly List<int> parents = [];
    private readonly Dictionary<int, string> held = [];

    /// <summary>New channels, each on its own.</summary>
    public int[] Add(int count)
    {
        int[] ids = new int[count];
        for (int i = 0; i < count; i++)
        {
            ids[i] = parents.Count;
            parents.Add(ids[i]);
        }

        return ids;
    }

    /// <summary>The channel that stands for all that are joined with this one.</summary>
    public int Root(int id)
    {
        while (parents[id] != id)
        {
            parents[id] = parents[parents[id]];
            id = parents[id];
        }

        return id;
    }

    public void Join(int a, int b)
    {
        (a, b) = (Root(a), Root(b));
        if (a == b) return;
        parents[b] = a;
        if (held.Remove(b, out string? reason)) held.TryAdd(a, reason);
    }

    public void Join(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        for (int i = 0; i < a.Length; i++) Join(a[i], b[i]);
    }

    public void Hold(int id, string reason) => held.TryAdd(Root(id), reason);

    /// <summary>Why a channel has to stay, or null.</summary>
    public string? ReasonToHold(int id) => held.GetValueOrDefault(Root(id));
}
