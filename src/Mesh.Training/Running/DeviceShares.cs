namespace Mesh.Training.Running;

/// <summary>Gives each attempt accelerators of its own, by number; the scheduler sees to it that there are enough.</summary>
internal sealed class DeviceShares
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, SortedSet<int>> free = [];

    public Share Take(string pool, int all, int wanted)
    {
        lock (gate)
        {
            if (!free.TryGetValue(pool, out var devices)) free[pool] = devices = [.. Enumerable.Range(0, all)];
            int[] chosen = [.. devices.Take(wanted)];
            devices.ExceptWith(chosen);
            return new Share(chosen, numbers => GiveBack(devices, numbers));
        }
    }

    private void GiveBack(SortedSet<int> devices, IReadOnlyList<int> numbers)
    {
        lock (gate) devices.UnionWith(numbers);
    }
}
