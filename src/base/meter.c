#include "base/meter.h"

_Thread_local struct meter *meter_here;

void meter_add(struct meter *meter, size_t bytes)
{
    if (meter == NULL || meter->tell == NULL)
        return;
    size_t done = atomic_fetch_add(&meter->done, bytes) + bytes;
    if (atomic_flag_test_and_set(&meter->telling))
        return; /* another thread tells, and the next block is not far */
    /* what is read twice is no part of the whole */
    meter->tell(meter->context, done, done <= meter->all ? meter->all : 0);
    atomic_flag_clear(&meter->telling);
}

bool meter_stopped(const struct meter *meter)
{
    return meter != NULL && atomic_load_explicit(&meter->stopped, memory_order_relaxed);
}

bool meter_stops(const struct meter *meter, const char *label, struct err *err)
{
    return meter_stopped(meter) &&
           !err_set(err, WILLRUN_ECANCELED, "%s was not read to its end: the call was cancelled",
                    label);
}
