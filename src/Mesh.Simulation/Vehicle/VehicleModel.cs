namespace Mesh.Simulation.Vehicle;

/// <summary>
/// A bicycle model with understeer, lagging drive train and lagging steering, driven by a <see cref="ManoeuvrePlanner"/>.
/// </summary>
internal sealed class VehicleModel(SeededRandom random)
{
    public const double Wheelbase = 2.8;
    public const double Track = 1.6;
    public const double WheelRadius = 0.32;
    public const double SteeringRatio = 15;
    private const double Understeer = 0.002;
    private const double DriveLag = 0.25;
    private const double SteerLag = 0.15;

    private readonly ManoeuvrePlanner planner = new(random);
    private readonly Wander grade = new(random, deviation: 0.015, seconds: 15);
    private readonly Wander curvature = new(random, deviation: 0.0025, seconds: 8);

    public VehicleState State { get; private set; }

    /// <summary>Moves on by <paramref name="dt"/> seconds.</summary>
    public void Step(double dt)
    {
        var now = State;
        double road = curvature.Step(dt);
        var wish = planner.Step(dt, now.Speed, road);

        // First-order lags: nothing in a vehicle changes at once, which is what makes the manoeuvres run into each other.
        double acceleration = now.Acceleration + (wish.Acceleration - now.Acceleration) * dt / DriveLag;
        double speed = now.Speed + acceleration * dt;
        if (speed <= 0)
        {
            speed = 0;
            acceleration = Math.Max(0, acceleration);
        }

        double needed = ExactMath.SmallAtan(wish.Curvature * Wheelbase * (1 + Understeer * speed * speed));
        double steer = now.Steer + (needed - now.Steer) * dt / SteerLag;
        double yawRate = speed * ExactMath.Tan(steer) / (Wheelbase * (1 + Understeer * speed * speed));
        double heading = now.Heading + yawRate * dt;
        var (sin, cos) = ExactMath.SinCos(heading);

        // The lane's own bend does not move the vehicle out of it; a finished lane change ends in the middle of the next lane.
        double drift = wish.LaneDrift * dt;
        double offset = wish.LaneDrift == 0 ? now.LaneOffset * (1 - dt / 2) : now.LaneOffset + drift;
        if (offset > 1.75) offset -= 3.5;
        if (offset < -1.75) offset += 3.5;
        State = new VehicleState
        {
            X = now.X + speed * cos * dt,
            Y = now.Y + speed * sin * dt,
            Heading = heading,
            Distance = now.Distance + speed * dt,
            Speed = speed,
            Acceleration = acceleration,
            YawRate = yawRate,
            Steer = steer,
            Grade = grade.Step(dt),
            RoadCurvature = wish.RoadCurvature,
            LaneOffset = offset,
            Manoeuvre = wish.Manoeuvre,
        };
    }
}
