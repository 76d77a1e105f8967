namespace Mesh.Synchronise.Clocks;

/// <summary>
/// Offset and rate of a wandering clock: Kalman filter and Rauch-Tung-Striebel smoother over the least delays of blocks, with white and random-walk
/// frequency noise. The cuts are given; across one the offset is forgotten and the rate kept.
/// </summary>
internal sealed class KalmanSmoother
{
    /// <summary>Fewest messages of a block.</summary>
    public const int MinBlock = 10;

    private const double WhiteNsPerRootSecond = 2;
    private const double Forgotten = 1e18;
    private const double RatePrior = 1e5 * 1e5;
    private const double MaxBlocks = 300;
    private static readonly double[] RandomWalks = [0.5, 3, 20, 100];

    private readonly List<Block> blocks = [];

    /// <param name="stamps">The stamps.</param>
    /// <param name="line">Segments, and the drift that is taken off first.</param>
    public KalmanSmoother(StampSeries stamps, SegmentedLine line)
    {
        double duration = Math.Max(1e9, (stamps.Receive.Max() - stamps.Receive.Min()) / MaxBlocks);
        for (int s = 0; s < line.Segments; s++)
        {
            int begin = line.Begin(s), end = line.End(s);
            while (begin < end)
            {
                int next = begin + 1;
                while (next < end && (next - begin < MinBlock || stamps.Receive[next] - stamps.Receive[begin] < duration)) next++;
                if (end - next < MinBlock) next = end;
                blocks.Add(Measure(stamps, line, s, begin, next));
                begin = next;
            }
        }

        double[] spacings = [.. blocks.Select(block => block.Spacing)];
        double usual = Quantile.Of(spacings, 0.5);
        foreach (var block in blocks) block.Variance = Math.Max(Square(Math.Max(block.Spacing, usual)), Square(50));
    }

    /// <summary>Offset above the line and standard deviation at each block's least delay, by segment; the likeliest noise is chosen.</summary>
    public IReadOnlyList<(int Segment, double X, double Offset, double Deviation)> Smooth()
    {
        double best = double.NegativeInfinity, chosen = RandomWalks[0];
        foreach (double walk in RandomWalks)
        {
            double likelihood = Filter(walk);
            if (likelihood > best) (best, chosen) = (likelihood, walk);
        }

        Filter(chosen);
        for (int i = blocks.Count - 2; i >= 0; i--) blocks[i].SmoothFrom(blocks[i + 1]);
        return [.. blocks.Select(block => (block.Segment, block.X, block.Offset, Math.Sqrt(Math.Max(block.P00, 0))))];
    }

    private static Block Measure(StampSeries stamps, SegmentedLine line, int segment, int begin, int end)
    {
        double least = double.MaxValue, second = double.MaxValue, x = 0;
        for (int i = begin; i < end; i++)
        {
            double residual = stamps.Y[i] - line.At(segment, stamps.X[i]);
            if (residual < least) (least, second, x) = (residual, least, stamps.X[i]);
            else if (residual < second) second = residual;
        }

        return new Block(segment, x, least, end - begin > 1 ? second - least : least);
    }

    private static double Square(double value) => value * value;

    /// <returns>Log likelihood of the innovations.</returns>
    private double Filter(double walk)
    {
        double offset = blocks[0].Measured, rate = 0, p00 = Forgotten, p01 = 0, p11 = RatePrior, likelihood = 0;
        int late = 0;
        for (int i = 0; i < blocks.Count; i++)
        {
            var block = blocks[i];
            if (i > 0)
            {
                // Across a step of the clock device time may go back; the rate then has no more time to wander than forward.
                double dt = Math.Abs(block.X - blocks[i - 1].X) / 1e9;
                double q = walk * walk;
                bool isCut = block.Segment != blocks[i - 1].Segment;
                block.Dt = dt;
                offset += rate * dt;
                p00 += 2 * dt * p01 + dt * dt * p11 + Square(WhiteNsPerRootSecond) * dt + q * dt * dt * dt / 3 + (isCut ? Forgotten : 0);
                p01 += dt * p11 + q * dt * dt / 2;
                p11 += q * dt;
            }

            block.Predicted(offset, rate, p00, p01, p11);
            double variance = block.Variance, innovation = block.Measured - offset;

            // Far too late is congestion; four times running it is the clock.
            if (innovation > 8 * Math.Sqrt(p00 + variance) && ++late < 4) variance = Square(innovation);
            else if (innovation <= 8 * Math.Sqrt(p00 + variance)) late = 0;
            double s = p00 + variance, gain0 = p00 / s, gain1 = p01 / s;
            if (p00 < Forgotten / 2) likelihood -= 0.5 * (Math.Log(s) + innovation * innovation / s);
            offset += gain0 * innovation;
            rate += gain1 * innovation;
            p11 -= gain1 * p01;
            p01 -= gain0 * p01;
            p00 -= gain0 * p00;
            block.Filtered(offset, rate, p00, p01, p11);
        }

        return likelihood;
    }

    private sealed class Block(int segment, double x, double measured, double spacing)
    {
        private double predictedOffset, predictedRate, predicted00, predicted01, predicted11;
        private double rate, p01, p11;

        public int Segment => segment;

        public double X => x;

        public double Measured => measured;

        public double Spacing => spacing;

        public double Variance { get; set; }

        /// <summary>Seconds since the block before.</summary>
        public double Dt { get; set; }

        public double Offset { get; private set; }

        public double P00 { get; private set; }

        public void Predicted(double offset, double predictedRate, double p00, double p01, double p11) =>
            (predictedOffset, this.predictedRate, predicted00, predicted01, predicted11) = (offset, predictedRate, p00, p01, p11);

        public void Filtered(double offset, double filteredRate, double p00, double filtered01, double filtered11) =>
            (Offset, rate, P00, p01, p11) = (offset, filteredRate, p00, filtered01, filtered11);

        // C = P Fᵀ Pₚ⁻¹; what the next block learnt afterwards comes back through it.
        public void SmoothFrom(Block next)
        {
            double a = P00 + next.Dt * p01, b = p01, c = p01 + next.Dt * p11, d = p11;
            double determinant = next.predicted00 * next.predicted11 - next.predicted01 * next.predicted01;
            if (determinant <= 0) return;
            double i00 = next.predicted11 / determinant, i01 = -next.predicted01 / determinant, i11 = next.predicted00 / determinant;
            double c00 = a * i00 + b * i01, c01 = a * i01 + b * i11, c10 = c * i00 + d * i01, c11 = c * i01 + d * i11;
            double dOffset = next.Offset - next.predictedOffset, dRate = next.rate - next.predictedRate;
            double d00 = next.P00 - next.predicted00, d01 = next.p01 - next.predicted01, d11 = next.p11 - next.predicted11;
            Offset += c00 * dOffset + c01 * dRate;
            rate += c10 * dOffset + c11 * dRate;
            double e00 = c00 * d00 + c01 * d01, e01 = c00 * d01 + c01 * d11, e10 = c10 * d00 + c11 * d01, e11 = c10 * d01 + c11 * d11;
            P00 += e00 * c00 + e01 * c01;
            p01 += e00 * c10 + e01 * c11;
            p11 += e10 * c10 + e11 * c11;
        }
    }
}
