namespace Mesh.Synchronise.Tests.Matching;

/// <summary>Optimal matching by looking at everything, for instances small enough.</summary>
internal static class Exhaustive
{
    /// <summary>Least sum of (spread - reward) over order-preserving solutions, by recursion over how many messages of each channel are gone.</summary>
    public static Int128 Best(long[][] stamps, long tolerance, Int128 reward)
    {
        Dictionary<string, Int128> known = [];
        return From(new int[stamps.Length]);

        Int128 From(int[] at)
        {
            string key = string.Join(',', at);
            if (known.TryGetValue(key, out var value)) return value;
            Int128 best = 0;
            for (int c = 0; c < at.Length; c++)
            {
                if (at[c] == stamps[c].Length) continue;
                int[] without = [.. at];
                without[c]++;
                best = Int128.Min(best, From(without));
            }

            if (at.Select((index, c) => index < stamps[c].Length).All(there => there))
            {
                long[] times = [.. at.Select((index, c) => stamps[c][index])];
                long spread = times.Max() - times.Min();
                if (spread <= tolerance) best = Int128.Min(best, spread - reward + From([.. at.Select(index => index + 1)]));
            }

            return known[key] = best;
        }
    }

    /// <summary>Least sum over all disjoint solutions, crossing ones as well.</summary>
    public static Int128 BestUnordered(long[][] stamps, long tolerance, Int128 reward)
    {
        return From(0, [.. stamps.Select(channel => new bool[channel.Length])]);

        Int128 From(int index, bool[][] taken)
        {
            if (index == stamps[0].Length) return 0;
            return Int128.Min(From(index + 1, taken), Take(1, stamps[0][index], stamps[0][index], index, taken));
        }

        Int128 Take(int channel, long earliest, long latest, int index, bool[][] taken)
        {
            if (channel == stamps.Length) return latest - earliest > tolerance ? Int128.Zero : latest - earliest - reward + From(index + 1, taken);
            Int128 best = 0;
            for (int i = 0; i < stamps[channel].Length; i++)
            {
                if (taken[channel][i]) continue;
                taken[channel][i] = true;
                best = Int128.Min(best, Take(channel + 1, Math.Min(earliest, stamps[channel][i]), Math.Max(latest, stamps[channel][i]), index, taken));
                taken[channel][i] = false;
            }

            return best;
        }
    }

    /// <summary>
    /// The sets by the tie rule, from all order-preserving solutions: least cost, most sets, then the one that does without the last message in
    /// order of (stamp, how many of its channel had the same stamp before, channel), and so on backwards.
    /// </summary>
    public static List<string> PreferredSets(long[][] stamps, long tolerance, Int128 reward)
    {
        var order = stamps.SelectMany((channel, c) => channel.Select((stamp, number) => (stamp, Round: channel.Take(number).Count(other => other == stamp), c, number))).Order().Reverse().ToList();
        var best = Solutions(new int[stamps.Length], []).MinBy(sets =>
        {
            var used = sets.SelectMany(set => set.Select((number, c) => (c, number))).ToHashSet();
            Int128 cost = 0;
            foreach (int[] set in sets) cost += Spread(set) - reward;
            return (cost, -sets.Count, string.Concat(order.Select(m => used.Contains((m.c, m.number)) ? '1' : '0')));
        }, Comparer<(Int128 Cost, int Sets, string Used)>.Create((a, b) =>
            a.Cost != b.Cost ? a.Cost.CompareTo(b.Cost) : a.Sets != b.Sets ? a.Sets.CompareTo(b.Sets) : string.CompareOrdinal(a.Used, b.Used)))!;
        return [.. best.Select(set => string.Join(' ', set))];

        long Spread(int[] set) => set.Select((number, c) => stamps[c][number]).Max() - set.Select((number, c) => stamps[c][number]).Min();

        IEnumerable<List<int[]>> Solutions(int[] from, List<int[]> sofar)
        {
            yield return [.. sofar];
            foreach (int[] set in Sets(from, 0, new int[stamps.Length]))
            {
                if (Spread(set) > tolerance) continue;
                foreach (var solution in Solutions([.. set.Select(number => number + 1)], [.. sofar, set])) yield return solution;
            }
        }

        IEnumerable<int[]> Sets(int[] from, int channel, int[] set)
        {
            if (channel == stamps.Length)
            {
                yield return [.. set];
                yield break;
            }

            for (int number = from[channel]; number < stamps[channel].Length; number++)
            {
                set[channel] = number;
                foreach (int[] each in Sets(from, channel + 1, set)) yield return each;
            }
        }
    }
}
