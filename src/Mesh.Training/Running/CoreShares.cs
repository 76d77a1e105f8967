namespace Mesh.Training.Running;

/// <summary>Spreads attempts over the CPUs of this machine: each takes those with the fewest others.</summary>
internal sealed class CoreShares
{
    private readonly Lock gate = new();
    private readonly int[] cpus = CpuAffinity.Allowed();
    private readonly int[] taken;

    public CoreShares() => taken = new int[cpus.Length];

    /// <summary>Takes as many CPUs as the limit needs; none when there is no limit, as many as the machine has, or no way to hold it.</summary>
    public Share Take(double? cores)
    {
        lock (gate)
        {
            int wanted = cores is { } limit ? Math.Max(1, (int)Math.Ceiling(limit)) : 0;
            if (wanted == 0 || wanted >= cpus.Length) return new Share([], _ => { });
            int[] chosen = [.. Enumerable.Range(0, cpus.Length).OrderBy(i => taken[i]).ThenBy(i => i).Take(wanted)];
            foreach (int i in chosen) taken[i]++;
            return new Share([.. chosen.Select(i => cpus[i])], _ => GiveBack(chosen));
        }
    }

    private void GiveBack(int[] chosen)
    {
        lock (gate)
        {
            foreach (int i in chosen) taken[i]--;
        }
    }
}
